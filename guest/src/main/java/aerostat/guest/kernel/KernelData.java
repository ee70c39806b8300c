package aerostat.guest.kernel;

import aerostat.guest.machine.Memory;

/**
 * Where the kernel's own data lies: its .data and .bss. A guest class has no mutable field, so what
 * would be a static variable in C is a word at a constant address here; all of it is zero at boot.
 *
 * <p>The image, the boot parameters and the boot stack must end below {@link #BASE}.
 */
public final class KernelData {
  private KernelData() {}

  /** Guest-physical address of the first byte of RAM. */
  public static final long RAM_BASE = 0x4000_0000L;

  /** Start of the kernel's data: 2 MiB above the start of RAM. */
  public static final long BASE = RAM_BASE + (2 << 20);

  // Scheduler, interrupts, timers.
  static final long CURRENT = BASE;
  static final long PREEMPT_COUNT = BASE + 0x08;
  static final long NEED_RESCHED = BASE + 0x0c;
  static final long RUN_QUEUE = BASE + 0x10;
  static final long RUN_QUEUE_LENGTH = BASE + 0x20;
  static final long NEXT_PID = BASE + 0x28;
  static final long IDLE_TASK = BASE + 0x30;
  static final long DEAD_TASK = BASE + 0x38;
  static final long SLICE_START = BASE + 0x40;
  static final long TASKS = BASE + 0x48;
  static final long TIMERS = BASE + 0x58;
  static final long CLOCK_DEADLINE = BASE + 0x68;
  static final long CONTEXT_SWITCHES = BASE + 0x70;
  static final long REBOOT_CHAIN = BASE + 0xd8;
  static final long PM_CHAIN = BASE + 0xe8;
  static final long WAKEUP_SOURCES = BASE + 0xf8;
  static final long POWER_WORK = BASE + 0x100;

  static final long SLICE_LENGTH = BASE + 0xc8;
  static final long WAKE_STREAK = BASE + 0xd0;

  // printk.
  static final long LOG_END = BASE + 0x88;
  static final long CONSOLE_LEVEL = BASE + 0x90;

  // Boot parameters.
  static final long BOOT_PARAMS = BASE + 0x98;
  static final long PARAM_COUNT = BASE + 0xa0;

  // Work queues.
  static final long SYSTEM_WQ = BASE + 0xa8;
  static final long SYSTEM_FREEZABLE_WQ = BASE + 0xb0;

  /** 32 interrupt descriptors of {@link Irq#DESC_SIZE} bytes. */
  static final long IRQ_DESCS = BASE + 0x400;

  /** The boot thread's task, later the idle task. */
  static final long INIT_TASK = BASE + 0xc00;

  /** Data of aerostat.guest.mm, 4 KiB. */
  public static final long MM = BASE + 0x1000;

  /** Data of the drivers and workloads, 4 KiB; their packages share it out. */
  public static final long DRIVERS = BASE + 0x2000;

  /** The command line, cut into words: up to 2,047 bytes and a NUL. */
  static final long COMMAND_LINE = BASE + 0x3000;

  /** Table of the command line's words. */
  static final long PARAM_TABLE = BASE + 0x3800;

  /** The line of seq_file: its length, and 256 bytes. */
  static final long SEQ_LENGTH = BASE + 0x4600;

  static final long SEQ_LINE = BASE + 0x4608;

  /** A line of a hex dump, 64 bytes. */
  static final long HEX_LINE = BASE + 0x4780;

  /** The line that printk is making. */
  static final long PRINTK_LINE = BASE + 0x4800;

  /** Data of aerostat.guest.mm: the second zone, 4 KiB. */
  public static final long MM_MOVABLE = BASE + 0x5000;

  /** The log: a ring of bytes. */
  static final long LOG = BASE + 0x8000;

  static final int LOG_SIZE = 0x8000;

  /** First byte after the kernel's data. */
  public static final long END = BASE + 0x10000;

  /** The boot parameters page. */
  static BootParams bootParams() {
    return new BootParams(Memory.load64(BOOT_PARAMS));
  }
}
