package aerostat.vmm.image;

import java.util.List;
import java.util.stream.Collectors;

/** The image breaks a rule of restricted Java, or is no image at all. Never a fault of the VMM. */
public final class ImageRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Refusals that one message lists at most. */
  private static final int SHOWN = 20;

  private final transient List<Refusal> refusals;

  /** With all reasons found, at least one. */
  public ImageRefusedException(List<Refusal> refusals) {
    super(
        "image refused, "
            + refusals.size()
            + (refusals.size() == 1 ? " reason:" : " reasons:")
            + refusals.stream().limit(SHOWN).map(r -> "\n  " + r).collect(Collectors.joining()));
    this.refusals = List.copyOf(refusals);
  }

  /** With one reason. */
  public ImageRefusedException(Refusal refusal) {
    this(List.of(refusal));
  }

  /** Why, in the order found. */
  public List<Refusal> refusals() {
    return refusals;
  }
}
