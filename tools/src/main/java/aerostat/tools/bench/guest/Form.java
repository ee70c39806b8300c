package aerostat.tools.bench.guest;

import java.util.List;

/** The forms in which the same guest functions run side by side. */
public enum Form {
  /** As javac made them: records, on the plain machine that unit tests use. */
  PLAIN("plain Java", false, false),

  /** Pointers erased to longs, memory bounds-checked; no polls, no dirty marks. */
  ERASED("erased", false, false),

  /** Erased, with polls and all that makes frames stoppable, no dirty marks. */
  POLLED("erased+polls", true, false),

  /** Erased, with dirty marks, no polls. */
  MARKED("erased+marks", false, true),

  /** As the VMM runs them. */
  VMM("VMM", true, true),

  /** As the VMM runs them, after tens of thousands of stops in the middle of them. */
  STOPPED("after stops", true, true);

  /** What the goals are about. */
  static final List<Form> COMPARED = List.of(PLAIN, ERASED, VMM, STOPPED);

  private final String title;
  private final boolean polls;
  private final boolean marks;

  Form(String title, boolean polls, boolean marks) {
    this.title = title;
    this.polls = polls;
    this.marks = marks;
  }

  String title() {
    return title;
  }

  boolean polls() {
    return polls;
  }

  boolean marks() {
    return marks;
  }
}
