package aerostat.vmm.migration.pages;

import java.io.IOException;

/** Where PAGES messages go: the main connection, or several beside it. For one thread. */
public interface PageChannels extends AutoCloseable {
  /** An empty batch to fill; waits while all are on their way. */
  PageBatch take() throws IOException;

  /** Sends a batch, which the caller may not touch afterwards. */
  void send(PageBatch batch) throws IOException;

  /**
   * The numbered end of a round, after the last batch of it was handed over: on each channel, the
   * main one included.
   */
  void barrier(int round, long dirtyPages) throws IOException;

  /** From here on the guest stands still: checksums, and the digest. Right after a barrier. */
  void paused();

  /** Bytes sent on all channels. */
  long bytes();

  /** Digest of what went after the pause on all channels; after the last barrier. */
  String pausedDigest();

  @Override
  void close();
}
