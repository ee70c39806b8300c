package aerostat.tools.junit;

import aerostat.vmm.image.Flavour;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * On a parameter of type {@link aerostat.vmm.machine.Machine} or {@link TestMachine} of a test: a
 * machine of its own, closed after the test. When the test fails, the guest's console is printed.
 *
 * <pre>{@code
 * @Test
 * void guestBoots(@VirtualMachine(mebibytes = 64) TestMachine vm) throws Exception {
 *   vm.awaitConsole("Memory: ", Duration.ofSeconds(10));
 * }
 * }</pre>
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(MachineExtension.class)
public @interface VirtualMachine {
  /** RAM in MiB. */
  int mebibytes() default 64;

  /** The kernel's command line. */
  String append() default "";

  /** Virtual clock, devices on the vCPU's thread. */
  boolean deterministic() default false;

  /** Seed of the guest's random numbers. */
  long seed() default 1;

  /** Whether the balloon offers free page hinting. */
  boolean freePageHint() default true;

  /** Whether the balloon offers to deflate when the guest runs out of memory. */
  boolean deflateOnOom() default false;

  /** Form in which guest code runs. */
  Flavour flavour() default Flavour.PLAIN;

  /** Whether the guest boots before the test begins. */
  boolean started() default true;
}
