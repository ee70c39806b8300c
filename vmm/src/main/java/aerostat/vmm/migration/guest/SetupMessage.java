package aerostat.vmm.migration.guest;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.BalloonProperty;
import aerostat.devices.balloon.QueueNumbering;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.VirtioMmioOptions;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.PayloadReader;
import aerostat.vmm.migration.wire.PayloadWriter;
import aerostat.vmm.migration.wire.StreamDigest;
import aerostat.vmm.migration.wire.WireLimits;
import java.io.IOException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The first message of a migration: what the guest is, so that a destination can refuse before it
 * accepts anything.
 *
 * @param config without the path of a memory file, which is each side's own business
 * @param imageBytes length of the image that follows
 * @param imageSha256 of these bytes
 * @param codeDigest of image and rewriter version; equal code makes equal frames
 * @param resumeDigest of the resume table: what the numbers in a guest frame mean
 * @param stateBytes length of the saved flat state
 * @param layoutDigest of the flat state's slices
 * @param verify whether checksums of all pages will come (x-verify)
 * @param channels connections for pages beside the main one; 0 in version 1
 */
public record SetupMessage(
    UUID uuid,
    MachineConfig config,
    int imageBytes,
    String imageSha256,
    String codeDigest,
    String resumeDigest,
    int stateBytes,
    long layoutDigest,
    boolean verify,
    int channels) {
  /** Of the transport's bits in the word of the balloon's. */
  private static final int TRANSPORT_SHIFT = 48;

  private static final int MAX_APPEND = 2047;
  private static final long MIN_MEMORY = 2 << 20;

  /** What this guest is. */
  public static SetupMessage of(UUID uuid, MovableGuest guest, boolean verify, int channels) {
    byte[] image = guest.imageBytes();
    return new SetupMessage(
        uuid,
        guest.config(),
        image.length,
        StreamDigest.of(image),
        HexFormat.of().formatHex(guest.imageDigest()),
        HexFormat.of().formatHex(guest.resumeTableDigest()),
        guest.flatState().save().length,
        guest.flatState().layoutDigest(),
        verify,
        channels);
  }

  /** The payload. */
  public byte[] encode() {
    BalloonOptions balloon = config.balloon();
    return new PayloadWriter()
        .uuid(uuid)
        .u64(config.memoryBytes())
        .text(config.append())
        .u64(propertyBits(balloon) | transportBits(config.virtioMmio()) << TRANSPORT_SHIFT)
        .u64(balloon.queueNumbering().ordinal())
        .bool(config.deterministic())
        .u64(config.seed())
        .u64(imageBytes)
        .digest(imageSha256)
        .digest(codeDigest)
        .digest(resumeDigest)
        .u64(stateBytes)
        .u64(layoutDigest)
        .bool(verify)
        .u32(channels)
        .done();
  }

  /** Takes a payload apart that did not come over a connection. */
  public static SetupMessage parse(byte[] payload) throws IOException {
    return decode(new PayloadReader(MessageType.SETUP, payload), WireLimits.VERSION);
  }

  /** Whether these bytes are the image that is meant. */
  public boolean isImage(byte[] image) {
    return StreamDigest.of(image).equals(imageSha256);
  }

  /**
   * Takes a payload apart.
   *
   * @param version of its message
   */
  public static SetupMessage decode(PayloadReader in, int version) throws MigrationStreamException {
    UUID uuid = in.uuid();
    long memory = in.within("memory", MIN_MEMORY, WireLimits.MAX_MEMORY_BYTES);
    if (memory % GuestMemory.PAGE_SIZE != 0) {
      throw in.bad("memory of " + memory + " bytes is not a multiple of 4096");
    }
    String append = in.text("append", MAX_APPEND);
    long properties = in.u64("balloon properties");
    VirtioMmioOptions transport = transport(in, properties >>> TRANSPORT_SHIFT);
    BalloonOptions balloon = balloon(in, properties & (1L << TRANSPORT_SHIFT) - 1);
    MachineConfig config =
        new MachineConfig(
            memory, append, balloon, transport, in.bool("deterministic"), in.u64("seed"), "");
    SetupMessage setup =
        new SetupMessage(
            uuid,
            config,
            (int) in.within("image size", 1, Math.min(WireLimits.MAX_IMAGE_BYTES, memory - 4096)),
            in.digest("image digest"),
            in.digest("code digest"),
            in.digest("resume-table digest"),
            (int) in.within("state size", 0, WireLimits.MAX_STATE_BYTES),
            in.u64("layout digest"),
            in.bool("verify"),
            version == 1 ? 0 : channels(in));
    in.end();
    return setup;
  }

  private static long propertyBits(BalloonOptions balloon) {
    return balloon.properties().stream().mapToLong(p -> 1L << p.ordinal()).sum();
  }

  /** 1: version 1; 2: with it, QueuePFN resets the device. Streams of before have none of them. */
  private static long transportBits(VirtioMmioOptions options) {
    return (options.legacy() ? 1 : 0) | (options.pfnReset() ? 2 : 0);
  }

  private static VirtioMmioOptions transport(PayloadReader in, long bits)
      throws MigrationStreamException {
    if (bits > 3 || bits == 2) {
      throw in.bad("virtio-mmio properties are 0x" + Long.toHexString(bits));
    }
    return new VirtioMmioOptions((bits & 1) != 0, (bits & 2) != 0);
  }

  private static BalloonOptions balloon(PayloadReader in, long bits)
      throws MigrationStreamException {
    BalloonProperty[] known = BalloonProperty.values();
    if (bits >= 1L << known.length) {
      throw in.bad("balloon properties are 0x" + Long.toHexString(bits));
    }
    Set<BalloonProperty> properties = EnumSet.noneOf(BalloonProperty.class);
    for (BalloonProperty property : known) {
      if ((bits >>> property.ordinal() & 1) != 0) {
        properties.add(property);
      }
    }
    QueueNumbering[] numberings = QueueNumbering.values();
    long numbering = in.within("queue numbering", 0, numberings.length - 1);
    BalloonOptions options = new BalloonOptions(properties, numberings[(int) numbering]);
    try {
      options.check();
    } catch (IllegalArgumentException e) {
      throw in.bad(String.valueOf(e.getMessage()));
    }
    return options;
  }

  private static int channels(PayloadReader in) throws MigrationStreamException {
    int channels = in.u32("channels");
    if (channels < 0 || channels > WireLimits.MAX_CHANNELS) {
      throw in.bad("channels are " + channels + ", at most " + WireLimits.MAX_CHANNELS);
    }
    return channels;
  }

  /** The first flag of the destination that differs, with both values; null if all agree. */
  public @Nullable String conflict(ExpectedConfig expected) {
    String memory = differs("memory", expected.memoryBytes(), config.memoryBytes());
    if (memory != null) {
      return memory;
    }
    String append = differs("append", expected.append(), config.append());
    if (append != null) {
      return append;
    }
    String balloon = differs("balloon", expected.balloon(), config.balloon());
    if (balloon != null) {
      return balloon;
    }
    String transport = differs("virtio-mmio", expected.virtioMmio(), config.virtioMmio());
    return transport != null
        ? transport
        : differs("deterministic", expected.deterministic(), config.deterministic());
  }

  /** The first thing about the built machine that differs; null if the guest can move in. */
  public @Nullable String conflict(MovableGuest built) {
    String ownCode = HexFormat.of().formatHex(built.imageDigest());
    if (!ownCode.equals(codeDigest)) {
      return "image or rewriter version: the stream has " + codeDigest + ", here it is " + ownCode;
    }
    String ownResume = HexFormat.of().formatHex(built.resumeTableDigest());
    if (!ownResume.equals(resumeDigest)) {
      return "resume table: the stream has " + resumeDigest + ", here it is " + ownResume;
    }
    long ownLayout = built.flatState().layoutDigest();
    int ownBytes = built.flatState().save().length;
    if (ownLayout != layoutDigest || ownBytes != stateBytes) {
      return "state layout: the stream has %016x (%d bytes), here it is %016x (%d bytes)"
          .formatted(layoutDigest, stateBytes, ownLayout, ownBytes);
    }
    return null;
  }

  private static @Nullable String differs(String flag, @Nullable Object given, Object arrives) {
    return given == null || Objects.equals(given, arrives)
        ? null
        : flag + " is " + given + " here, but the guest has " + arrives;
  }
}
