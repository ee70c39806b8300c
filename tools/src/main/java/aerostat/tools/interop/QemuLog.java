package aerostat.tools.interop;

import aerostat.devices.balloon.PageRuns;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.trace.TraceLine;
import aerostat.mmio.virtio.MmioRegisters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what QEMU's {@code log} trace back end writes for one virtio-mmio balloon (events {@code
 * virtio_*} and {@code virtqueue_*} of QEMU 7.2) and tells it in our trace format.
 *
 * <p>QEMU's trace has neither the values of reads nor lengths of buffers; such keys are left out. A
 * line {@code # NAME} becomes the event {@code scenario step}.
 */
final class QemuLog {
  private static final Pattern READ = Pattern.compile("virtio_mmio_read .* offset 0x([0-9a-f]+)");
  private static final Pattern WRITE =
      Pattern.compile("virtio_mmio_write_offset .* offset 0x([0-9a-f]+) value 0x([0-9a-f]+)");
  private static final Pattern NOTIFY =
      Pattern.compile("virtio_queue_notify vdev \\S+ n (\\d+) vq (\\S+)");
  private static final Pattern POP =
      Pattern.compile("virtqueue_pop vq (\\S+) elem \\S+ in_num (\\d+) out_num (\\d+)");
  private static final Pattern FILL =
      Pattern.compile("virtqueue_fill vq (\\S+) elem \\S+ len (\\d+) idx \\d+");
  private static final Pattern PAGE =
      Pattern.compile("virtio_balloon_handle_output .* gpa: 0x([0-9a-f]+)");
  private static final String RAISED = "virtio_mmio_setting_irq virtio_mmio setting IRQ 1";

  private final List<String> lines = new ArrayList<>();
  private final Map<String, Integer> queueOf = new HashMap<>();
  private final PageRuns runs = new PageRuns(this::run);
  private int queue;

  private QemuLog() {}

  /** The log's events as lines of our format; lines of other events are passed over. */
  static List<String> convert(List<String> log) {
    QemuLog reader = new QemuLog();
    log.forEach(reader::line);
    reader.runs.flush();
    return reader.lines;
  }

  private void line(String line) {
    Matcher page = PAGE.matcher(line);
    if (page.matches()) {
      runs.add(Long.parseUnsignedLong(page.group(1), 16) >> GuestMemory.PAGE_SHIFT);
      return;
    }
    runs.flush();
    if (line.startsWith("# ")) {
      add(TraceLine.of("scenario", "step").word("name", line.substring(2)));
    } else if (line.equals(RAISED)) {
      add(virtio("interrupt"));
    } else {
      access(line);
      queue(line);
    }
  }

  private void access(String line) {
    Matcher read = READ.matcher(line);
    if (read.matches()) {
      long offset = Long.parseLong(read.group(1), 16);
      if (offset >= MmioRegisters.DEVICE_FEATURES) {
        add(virtio("read").word("reg", MmioRegisters.name(offset)));
      }
    }
    Matcher write = WRITE.matcher(line);
    if (write.matches()) {
      String register = MmioRegisters.name(Long.parseLong(write.group(1), 16));
      long value = Long.parseUnsignedLong(write.group(2), 16);
      add(virtio("write").word("reg", register).hex("value", value));
    }
  }

  private void queue(String line) {
    Matcher notify = NOTIFY.matcher(line);
    if (notify.matches()) {
      queueOf.put(notify.group(2), Integer.valueOf(notify.group(1)));
    }
    Matcher pop = POP.matcher(line);
    if (pop.matches()) {
      queue = known(pop.group(1));
      add(
          virtio("pop")
              .num("queue", queue)
              .num("out", Long.parseLong(pop.group(3)))
              .num("in", Long.parseLong(pop.group(2))));
    }
    Matcher fill = FILL.matcher(line);
    if (fill.matches()) {
      add(
          virtio("push")
              .num("queue", known(fill.group(1)))
              .num("len", Long.parseLong(fill.group(2))));
    }
  }

  /** A queue's first notification comes before its first element, so each is known by then. */
  private int known(String address) {
    Integer number = queueOf.get(address);
    if (number == null) {
      throw new IllegalArgumentException("a queue that was never notified: " + address);
    }
    return number;
  }

  private void run(long gpa, long pages) {
    add(
        virtio(queue == 0 ? "inflate" : "deflate")
            .hex("pfn", gpa >> GuestMemory.PAGE_SHIFT)
            .num("pages", pages));
  }

  private static TraceLine virtio(String event) {
    return TraceLine.of("virtio0", event);
  }

  private void add(TraceLine line) {
    lines.add(line.toString());
  }
}
