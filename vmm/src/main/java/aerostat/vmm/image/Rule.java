package aerostat.vmm.image;

/**
 * The rules of restricted Java that an image must obey. {@code docs/guest-java.md} says for each
 * why, and what to write instead; a test holds that both lists are the same.
 */
public enum Rule {
  CLASS_FILE("G01", "a well-formed class file of Java 17 to 25"),
  VERIFICATION("G02", "code that the JVM's own verification accepts"),
  LIMITS("G03", "an image, class or method within the size limits"),
  ENTRY("G04", "an entry class with start(long), interrupt(int) and thread(long)"),
  CLASS_KIND("G05", "only utility classes, pointer records, ops interfaces and ops records"),
  POINTER("G06", "a pointer is a record of one long named address"),
  NO_FIELDS("G07", "no fields but compile-time constants"),
  TYPES("G08", "only primitives, pointers, ops and constant strings as types"),
  NO_OBJECTS("G09", "no objects but pointers and ops"),
  NO_ARRAYS("G10", "no arrays"),
  NO_EXCEPTIONS("G11", "no exceptions"),
  NO_MONITORS("G12", "no monitors"),
  NO_NATIVE("G13", "no native methods"),
  CALLS("G14", "only calls inside the image, intrinsics and the allowed pure methods"),
  LAMBDAS("G15", "only lambdas that capture nothing, for ops interfaces"),
  STRINGS("G16", "strings are constants, of Latin-1 characters, and only passed on"),
  POINTER_COMPARE("G17", "pointers are compared with null only"),
  NO_INSTANCEOF("G18", "no instanceof and no patterns"),
  NO_CONSTANT_DYNAMIC("G19", "only plain constants"),
  NO_INITIALIZER("G20", "no static initializer, no assert"),
  INSTANCE_METHODS("G21", "instance methods only in pointers and ops"),
  OPS("G22", "an ops call has exactly one implementation in each ops"),
  BOUNDED("G23", "a @Bounded method reaches no safepoint and is short"),
  STACK("G24", "the frames of the longest call chain fit a kernel stack"),
  METHOD_SIZE("G25", "a method is at most 8,000 bytes when rewritten"),
  INSTRUCTIONS("G26", "only the instructions of restricted Java");

  private final String id;
  private final String summary;

  Rule(String id, String summary) {
    this.id = id;
    this.summary = summary;
  }

  /** Number by which documents cite the rule, such as G07. */
  public String id() {
    return id;
  }

  /** What the rule asks for, in a few words. */
  public String summary() {
    return summary;
  }
}
