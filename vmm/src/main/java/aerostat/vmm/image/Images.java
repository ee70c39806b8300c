package aerostat.vmm.image;

import aerostat.vmm.image.rewrite.Rewriter;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** From an image to code that can run: verify and rewrite, with a cache in memory and on disk. */
public final class Images {
  /**
   * Changes whenever the same image gives other code or other frames. Two VMMs that differ here
   * differ in their resume tables, or may.
   */
  public static final int REWRITER_VERSION = 3;

  /** Rewritten images kept in memory; a VMM runs one or two. */
  private static final int KEPT = 8;

  private static final Map<String, RewrittenImage> CACHE =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, RewrittenImage> eldest) {
          return size() > KEPT;
        }
      };

  /**
   * Images that a thread is at work on. Others wait only for the same one: a stranger's image may
   * take seconds.
   */
  private static final Map<String, CompletableFuture<RewrittenImage>> RUNNING = new HashMap<>();

  private Images() {}

  /**
   * Verifies and rewrites an image, or takes the result from a cache.
   *
   * @throws ImageRefusedException if it breaks a rule
   */
  public static RewrittenImage rewrite(GuestImage image) {
    String key = HexFormat.of().formatHex(image.digest());
    CompletableFuture<RewrittenImage> mine = new CompletableFuture<>();
    CompletableFuture<RewrittenImage> other;
    synchronized (CACHE) {
      RewrittenImage known = CACHE.get(key);
      if (known != null) {
        return known;
      }
      other = RUNNING.putIfAbsent(key, mine);
    }
    return other == null ? make(image, key, mine) : await(other);
  }

  private static RewrittenImage make(
      GuestImage image, String key, CompletableFuture<RewrittenImage> result) {
    try {
      RewrittenImage fresh = fromDisk(image);
      synchronized (CACHE) {
        CACHE.put(key, fresh);
      }
      result.complete(fresh);
      return fresh;
    } catch (RuntimeException | Error e) {
      result.completeExceptionally(e);
      throw e;
    } finally {
      synchronized (CACHE) {
        RUNNING.remove(key);
      }
    }
  }

  private static RewrittenImage await(CompletableFuture<RewrittenImage> other) {
    try {
      return other.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof ImageRefusedException refused) {
        throw new ImageRefusedException(refused.refusals());
      }
      throw e;
    }
  }

  private static RewrittenImage fromDisk(GuestImage image) {
    ImageCache disk = new ImageCache(ImageCache.defaultFolder(), Fingerprint.get());
    RewrittenImage known = disk.load(image);
    if (known != null) {
      return known;
    }
    RewrittenImage fresh = Rewriter.rewrite(image, Rewriter.Options.VM);
    disk.store(fresh);
    return fresh;
  }
}
