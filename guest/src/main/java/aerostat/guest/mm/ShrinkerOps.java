package aerostat.guest.mm;

/** A shrinker's two functions; they run in kswapd and may sleep, but must not allocate and wait. */
public interface ShrinkerOps {
  /** Objects that could be freed. */
  long countObjects(Shrinker shrinker);

  /** Frees about {@code nr} objects; returns how many it freed, {@link Shrinker#STOP} to stop. */
  long scanObjects(Shrinker shrinker, long nr);
}
