package aerostat.vmm.image;

/** What a hostile image tries; docs/sandbox.md has a row for each. */
public enum HostileKind {
  REFLECTION("reflection"),
  CLASS_LOADING("class loading"),
  FINALIZERS("finalizers and what runs behind one's back"),
  METHOD_HANDLES("method handles and foreign memory"),
  CONSTANT_DYNAMIC("constant dynamic and bootstraps"),
  ATTRIBUTES("malformed class files and attributes"),
  HUGE("huge methods and classes"),
  STACK_MAPS("stack maps that lie"),
  CODE("code that no compiler makes"),
  RECURSION("deep recursion"),
  LOOPS("endless loops"),
  ALLOCATION("allocation bombs"),
  FRAMES("overwritten frames"),
  HOST("the host's files, processes, threads and clocks"),
  LANGUAGE("the rest of Java that guest code must not have");

  private final String title;

  HostileKind(String title) {
    this.title = title;
  }

  public String title() {
    return title;
  }
}
