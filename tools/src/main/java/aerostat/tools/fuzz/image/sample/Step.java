package aerostat.tools.fuzz.image.sample;

/** An operation. */
interface Step {
  long apply(long value, Node node);

  default long twice(long value, Node node) {
    return apply(apply(value, node), node);
  }
}
