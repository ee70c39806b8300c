package aerostat.tools.house;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The house's arrows: a floor imports lower floors only, and the guest nothing of the others. */
class ModuleArrowsTest {
  private static final String MIGRATION = "aerostat.vmm.migration.";
  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("aerostat");

  @Test
  void allFloorsAreLookedAt() {
    for (String floor : new String[] {"mmio", "devices", "guest", "vmm", "tools"}) {
      assertThat(HOUSE).as(floor).anyMatch(c -> c.getPackageName().startsWith("aerostat." + floor));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mmio|devices vmm tools guest",
        "devices|vmm tools guest",
        "guest|mmio devices vmm tools",
        "vmm|tools",
      })
  void aFloorKnowsNothingOfThoseAbove(String floor, String forbidden) {
    for (String above : forbidden.split(" ")) {
      noClasses()
          .that()
          .resideInAPackage("aerostat." + floor + "..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("aerostat." + above + "..")
          .because("a module imports only from lower floors")
          .check(HOUSE);
    }
  }

  @Test
  void theGuestStandsOnTheJdkAlone() {
    classes()
        .that()
        .resideInAPackage("aerostat.guest..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("aerostat.guest..", "java..", "org.jspecify..")
        .because("the image is data to the VMM, and all of it lies in guest RAM")
        .check(HOUSE);
  }

  @Test
  void theVmmKnowsOfTheGuestOnlyItsMachine() {
    noClasses()
        .that()
        .resideInAPackage("aerostat.vmm..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "aerostat.guest.kernel..",
            "aerostat.guest.mm..",
            "aerostat.guest.virtio..",
            "aerostat.guest.balloon..",
            "aerostat.guest.workload..",
            "aerostat.guest.plain..")
        .because("the VMM loads the guest as data; any image may take its place")
        .check(HOUSE);
  }

  @Test
  void controlStandsOnTheMachineAndTheCommandLineOnAll() {
    noClasses()
        .that()
        .resideInAnyPackage("aerostat.vmm.image..", "aerostat.vmm.cpu..", "aerostat.vmm.machine..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "aerostat.vmm.monitor..", "aerostat.vmm.cli..", "aerostat.vmm.migration..")
        .because("control stands on the machine, not the other way round")
        .check(HOUSE);
    noClasses()
        .that()
        .resideInAnyPackage("aerostat.vmm.monitor..", "aerostat.vmm.migration..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("aerostat.vmm.cli..")
        .check(HOUSE);
  }

  @Test
  void packagesOfTheLowerFloorsFormNoCycle() {
    SlicesRuleDefinition.slices()
        .matching("aerostat.(mmio|devices).(*)..")
        .should()
        .beFreeOfCycles()
        .check(HOUSE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "transport|transport",
        "wire|transport",
        "control|wire",
        "guest|wire",
        "tls|transport control",
        "handover|transport wire control",
        "pages|transport wire control guest",
        "postcopy|transport wire control guest pages",
        "source|transport wire control guest handover pages postcopy",
        "destination|transport wire control guest handover pages postcopy",
        "snapshot|transport wire control guest pages source",
      })
  void aRoomOfTheMigrationKnowsOnlyThese(String room, String known) {
    String[] rooms =
        Stream.concat(Stream.of(room), Arrays.stream(known.split(" ")))
            .map(r -> MIGRATION + r + "..")
            .toArray(String[]::new);
    classes()
        .that()
        .resideInAPackage(MIGRATION + room + "..")
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackage("aerostat.vmm.migration..").or(resideInAnyPackage(rooms)))
        .because("the rooms of the migration stand one upon the other, the service upon all")
        .check(HOUSE);
  }

  @Test
  void roomsOfTheMigrationFormNoCycle() {
    SlicesRuleDefinition.slices()
        .matching(MIGRATION + "(*)..")
        .should()
        .beFreeOfCycles()
        .check(HOUSE);
  }
}
