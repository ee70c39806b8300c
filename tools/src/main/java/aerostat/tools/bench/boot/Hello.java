package aerostat.tools.bench.boot;

/** The least that a Java program can do, to know what a JVM itself takes. */
public final class Hello {
  private Hello() {}

  public static void main(String[] args) {
    System.out.println("hello");
  }
}
