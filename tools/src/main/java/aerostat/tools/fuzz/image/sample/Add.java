package aerostat.tools.fuzz.image.sample;

/** An operation that is a record. */
record Add() implements Step {
  @Override
  public long apply(long value, Node node) {
    return value + node.value();
  }
}
