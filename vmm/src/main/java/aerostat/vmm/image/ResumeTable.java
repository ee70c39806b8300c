package aerostat.vmm.image;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The meaning of every frame that a stopped guest can leave on a stack in its RAM: which method and
 * site numbers exist, and what lies in a frame of each. The same in all flavours. Two VMMs can
 * exchange a guest only when the digests of their tables are equal.
 *
 * <p>Depth of recursion: {@code Intrinsics.depth} is a register of the guest thread. It is {@link
 * #initialDepth} at the bottom of a stack; a method of a call-graph cycle takes {@link
 * Method#recursionBytes} off at its entry and adds them back when it returns, but not when it
 * unwinds. So the value at a stop is the right one when the top frame is resumed, and the value
 * after a frame's normal return is the right one for the frame below it.
 */
public final class ResumeTable {
  /** Number of the interrupt marker frame: slot 0 is the interrupt flag to restore. */
  public static final int INTERRUPT_MARKER = 0;

  private static final int MARK = 0xAE;

  private final List<Method> methods;
  private final int reserve;
  private final byte[] digest;

  /**
   * Words of a frame by method id less one and site: looked at with each frame that is taken up.
   */
  private final int[][] words;

  private final Map<String, Method> byEmittedName = new HashMap<>();

  /**
   * One emitted method.
   *
   * @param id its number, 1 up, in order of (class, name, descriptor)
   * @param className as the source has it, with dots
   * @param name as the source has it
   * @param emittedName its name after erasure (differs where two overloads became equal)
   * @param descriptor erased descriptor
   * @param sourceFile empty if the class file has none
   * @param recursionBytes taken off the thread's depth at entry; 0 unless the method is part of a
   *     call-graph cycle
   * @param sites frame layouts by site number, site 0 being the method's beginning; empty for a
   *     method that never stops
   */
  public record Method(
      int id,
      String className,
      String name,
      String emittedName,
      String descriptor,
      String sourceFile,
      int recursionBytes,
      List<FrameLayout> sites) {
    public Method {
      sites = List.copyOf(sites);
    }

    /** Whether frames of this method can exist. */
    public boolean resumable() {
      return !sites.isEmpty();
    }
  }

  /**
   * Makes a table.
   *
   * @param methods all methods; element i has id i + 1
   * @param reserve bytes of a stack that recursion may not use
   */
  public ResumeTable(List<Method> methods, int reserve) {
    this.methods = List.copyOf(methods);
    this.reserve = reserve;
    for (Method m : methods) {
      byEmittedName.put(m.className + "." + m.emittedName, m);
    }
    words =
        this.methods.stream()
            .map(m -> m.sites.stream().mapToInt(FrameLayout::words).toArray())
            .toArray(int[][]::new);
    digest = sha256(encode());
  }

  /** All methods; element i has id i + 1. */
  public List<Method> methods() {
    return methods;
  }

  /** The method with this number, or null: numbers read from guest RAM are not to be trusted. */
  public @Nullable Method method(int id) {
    return id >= 1 && id <= methods.size() ? methods.get(id - 1) : null;
  }

  /** The layout of a frame, or null when there is no such method or site. */
  public @Nullable FrameLayout layout(int id, int site) {
    Method m = method(id);
    return m != null && site >= 0 && site < m.sites.size() ? m.sites.get(site) : null;
  }

  /** Whether this footer word, read from guest RAM, is one that generated code can have written. */
  public boolean isValid(long footer) {
    if (footer >>> 56 != MARK) {
      return false;
    }
    if (method(footer) == INTERRUPT_MARKER) {
      return site(footer) == 0 && words(footer) == 2;
    }
    int method = method(footer) - 1;
    int site = site(footer);
    return method >= 0
        && method < words.length
        && site >= 0
        && site < words[method].length
        && words[method][site] == words(footer);
  }

  /** The last word of a frame. */
  public static long footer(int method, int site, int words) {
    return ((long) MARK << 56) | ((long) method << 32) | ((long) site << 16) | words;
  }

  /** Method number in a footer. */
  public static int method(long footer) {
    return (int) (footer >>> 32) & 0xFFFFFF;
  }

  /** Site number in a footer. */
  public static int site(long footer) {
    return (int) (footer >>> 16) & 0xFFFF;
  }

  /** Words of the frame, the footer included, as a footer tells it. */
  public static int words(long footer) {
    return (int) footer & 0xFFFF;
  }

  /** Bytes that recursion may use on a stack of this size: the thread's {@code depth} at rest. */
  public int initialDepth(long stackBytes) {
    return (int) Math.max(0, Math.min(stackBytes - reserve, Integer.MAX_VALUE));
  }

  /**
   * Bytes of each stack that recursion may not use: the longest chain of other frames, of the
   * thread and of an interrupt handler on top of it.
   */
  public int reserve() {
    return reserve;
  }

  /** {@code class.method(File.java:12)} for one frame of a stopped thread. */
  public String describe(int id, int site) {
    if (id == INTERRUPT_MARKER) {
      return "<interrupt>";
    }
    Method m = method(id);
    FrameLayout layout = layout(id, site);
    return m == null || layout == null
        ? "<bad frame: method " + id + ", site " + site + ">"
        : describe(m, layout.line());
  }

  /**
   * The same for a frame of the running guest, as a host exception's stack trace holds it; null
   * when the frame is not the guest's own (host code, generated plumbing).
   */
  public @Nullable String describe(StackTraceElement frame) {
    String name = frame.getMethodName();
    Method m = byEmittedName.get(frame.getClassName() + "." + name);
    if (m == null && name.endsWith("$r")) {
      String hot = name.substring(0, name.length() - 2);
      m = byEmittedName.get(frame.getClassName() + "." + hot);
    }
    return m == null ? null : describe(m, Math.max(0, frame.getLineNumber()));
  }

  private static String describe(Method m, int line) {
    String file = m.sourceFile.isEmpty() ? "Unknown Source" : m.sourceFile;
    return m.className + "." + m.name + "(" + file + (line > 0 ? ":" + line : "") + ")";
  }

  /** SHA-256 over all that must agree between two VMMs. */
  public byte[] digest() {
    return digest.clone();
  }

  /** The table as bytes, the same for equal tables. */
  public byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(reserve);
      out.writeInt(methods.size());
      for (Method m : methods) {
        out.writeUTF(m.className);
        out.writeUTF(m.name);
        out.writeUTF(m.emittedName);
        out.writeUTF(m.descriptor);
        out.writeUTF(m.sourceFile);
        out.writeInt(m.recursionBytes);
        out.writeInt(m.sites.size());
        for (FrameLayout layout : m.sites) {
          out.writeInt(layout.line());
          out.writeShort(layout.slots().size());
          for (FrameLayout.Slot slot : layout.slots()) {
            out.writeUTF(slot.name());
            out.writeByte(slot.type());
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IOException if the bytes end early or make no sense
   */
  public static ResumeTable decode(DataInputStream in) throws IOException {
    int reserve = in.readInt();
    int count = bounded(in.readInt(), 0xFFFFFF);
    List<Method> methods = new ArrayList<>();
    for (int id = 1; id <= count; id++) {
      String className = in.readUTF();
      String name = in.readUTF();
      String emitted = in.readUTF();
      String descriptor = in.readUTF();
      String file = in.readUTF();
      int recursionBytes = in.readInt();
      int sites = bounded(in.readInt(), 0xFFFF);
      List<FrameLayout> layouts = new ArrayList<>();
      for (int s = 0; s < sites; s++) {
        int line = in.readInt();
        int slotCount = in.readUnsignedShort();
        List<FrameLayout.Slot> slots = new ArrayList<>();
        for (int i = 0; i < slotCount; i++) {
          slots.add(new FrameLayout.Slot(in.readUTF(), (char) in.readUnsignedByte()));
        }
        layouts.add(new FrameLayout(slotCount + 1, line, slots));
      }
      methods.add(
          new Method(id, className, name, emitted, descriptor, file, recursionBytes, layouts));
    }
    return new ResumeTable(methods, reserve);
  }

  private static int bounded(int count, int limit) throws IOException {
    if (count < 0 || count > limit) {
      throw new IOException("count " + count + " out of range");
    }
    return count;
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
