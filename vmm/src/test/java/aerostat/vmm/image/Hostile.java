package aerostat.vmm.image;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A test of hostile images, counted in docs/sandbox.md. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Hostile {
  HostileKind value();

  /** How many images (or attacks on one) it tries. */
  int images() default 1;

  /** How each ends. */
  String ends() default "refused";
}
