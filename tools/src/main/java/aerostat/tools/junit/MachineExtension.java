package aerostat.tools.junit;

import aerostat.vmm.machine.Machine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Makes the machines that {@link VirtualMachine} asks for. */
public final class MachineExtension implements ParameterResolver, AfterTestExecutionCallback {
  private static final Namespace NAMESPACE = Namespace.create(MachineExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return parameter.isAnnotated(VirtualMachine.class)
        && (type == Machine.class || type == TestMachine.class);
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    VirtualMachine options =
        parameter
            .findAnnotation(VirtualMachine.class)
            .orElseThrow(() -> new IllegalStateException("not annotated"));
    TestMachine made = new TestMachine(options);
    machines(context).add(made);
    return parameter.getParameter().getType() == Machine.class ? made.machine() : made;
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    if (context.getExecutionException().isPresent()) {
      for (TestMachine machine : machines(context).made) {
        System.err.println(report(context.getDisplayName(), machine));
      }
    }
  }

  /** What is printed about the machine of a test that failed. */
  static String report(String test, TestMachine machine) {
    return "---- console of the guest of "
        + test
        + " ("
        + machine.machine().state().qemuName()
        + ") ----\n"
        + machine.console()
        + "---- end of the console ----";
  }

  private static Machines machines(ExtensionContext context) {
    return context
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent("machines", key -> new Machines(), Machines.class);
  }

  /** Closed by JUnit with the test's store. */
  private static final class Machines implements AutoCloseable {
    private final List<TestMachine> made = new ArrayList<>();

    void add(TestMachine machine) {
      made.add(machine);
    }

    @Override
    public void close() {
      made.forEach(TestMachine::close);
    }
  }
}
