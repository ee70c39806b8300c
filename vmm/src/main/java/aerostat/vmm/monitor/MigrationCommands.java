package aerostat.vmm.monitor;

import static aerostat.vmm.monitor.Argument.optional;
import static aerostat.vmm.monitor.Argument.required;

import aerostat.vmm.migration.MigrationService;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Migration's commands: QEMU's names and shapes over {@link MigrationService}. */
public final class MigrationCommands {
  // The members of each of migrate-set-capabilities' objects.
  private static final Argument CAPABILITY = required("capability", Argument.Type.STRING, "name");
  private static final Argument STATE = required("state", Argument.Type.BOOLEAN, "on");

  private MigrationCommands() {}

  public static void addTo(CommandTable table, MigrationService migration) {
    table.addAll(
        List.of(
            Command.of(
                "migrate",
                "Starts to move the guest to a VMM that waits at `uri`, or to save it in a file,"
                    + " after which it goes on here. Returns at once; `query-migrate` and the"
                    + " events MIGRATION and MIGRATION_PASS tell how it goes.",
                arguments -> {
                  if (Boolean.TRUE.equals(arguments.get("resume"))) {
                    migration.resumePostcopy(string(arguments, "uri"));
                  } else {
                    migration.migrate(string(arguments, "uri"));
                  }
                  return Command.EMPTY;
                },
                required(
                    "uri",
                    Argument.Type.STRING,
                    "`tcp:HOST:PORT`, `unix:PATH`, or `file:PATH[,diff=on]` for a snapshot"),
                optional("detach", Argument.Type.BOOLEAN, "ignored, as by QEMU's monitor"),
                optional("resume", Argument.Type.BOOLEAN, "true: goes on after `postcopy-paused`")),
            Command.of(
                "migrate-start-postcopy",
                "The guest goes at the end of this round and its last pages follow it. Needs the"
                    + " capability `postcopy-ram` from the start of the migration.",
                arguments -> {
                  migration.startPostcopy();
                  return Command.EMPTY;
                }),
            Command.of(
                "migrate-recover",
                "On a destination in `postcopy-paused`: waits for the source at this address, too."
                    + " Answers with the address in use.",
                arguments -> Map.of("uri", migration.recover(string(arguments, "uri"))),
                required("uri", Argument.Type.STRING, "`tcp:HOST:PORT` or `unix:PATH`")),
            Command.of(
                "migrate-incoming",
                "Waits for a guest at `uri`; on a VMM started with `--incoming defer`, or one whose"
                    + " own guest has moved away. Answers with the address in use.",
                arguments -> Map.of("uri", migration.listen(string(arguments, "uri"))),
                required(
                    "uri",
                    Argument.Type.STRING,
                    "`tcp:HOST:PORT`, `unix:PATH`, or `file:PATH`, a snapshot to restore now")),
            Command.of(
                "migrate_cancel",
                "Gives the migration under way up; the guest goes on here. Refused once the guest"
                    + " has been given away.",
                arguments -> {
                  migration.cancel();
                  return Command.EMPTY;
                }),
            Command.of(
                "x-migrate-claim",
                "The operator decides who has the guest when a handover hangs. Asks the peer first;"
                    + " `query-migrate` shows what came of it.",
                arguments -> {
                  migration.claim(Boolean.TRUE.equals(arguments.get("force")));
                  return Command.EMPTY;
                },
                optional(
                    "force",
                    Argument.Type.BOOLEAN,
                    "true: although the peer cannot be asked; its process must have ended")),
            Command.of(
                "query-migrate",
                "State and counters of the last migration, empty before the first.",
                arguments -> migration.query()),
            Command.of(
                    "migrate-set-parameters",
                    "Sets any of the parameters that `query-migrate-parameters` lists. An unknown"
                        + " or ill-typed one is an error, and then none is set.",
                    arguments -> {
                      migration.setParameters(withoutNulls(arguments));
                      return Command.EMPTY;
                    })
                .withOpenArguments(),
            Command.of(
                "query-migrate-parameters",
                "The parameters of migrations from here.",
                arguments -> migration.parameters()),
            Command.of(
                "migrate-set-capabilities",
                "Switches functions on or off.",
                arguments -> {
                  migration.setCapabilities(capabilities(arguments.get("capabilities")));
                  return Command.EMPTY;
                },
                required(
                    "capabilities",
                    Argument.Type.ARRAY,
                    "objects with `capability` (name) and `state` (true or false)")),
            Command.of(
                    "object-add",
                    "Makes an object of type `tls-creds-x509`, with `dir`, and `endpoint` `client`"
                        + " or `server`: certificates for migrations whose `tls-creds` names it.",
                    arguments -> {
                      Map<String, String> properties = new LinkedHashMap<>();
                      withoutNulls(arguments)
                          .forEach((name, value) -> properties.put(name, value.toString()));
                      properties.remove("qom-type");
                      properties.remove("id");
                      migration.addObject(
                          string(arguments, "qom-type"), string(arguments, "id"), properties);
                      return Command.EMPTY;
                    },
                    required("qom-type", Argument.Type.STRING, "`tls-creds-x509`"),
                    required("id", Argument.Type.STRING, "its name"))
                .withOpenArguments(),
            Command.of(
                "object-del",
                "Takes an object away; migrations that use it go on.",
                arguments -> {
                  migration.removeObject(string(arguments, "id"));
                  return Command.EMPTY;
                },
                required("id", Argument.Type.STRING, "its name")),
            Command.of(
                "query-migrate-capabilities",
                "The functions that can be switched, each with its state.",
                arguments -> capabilityList(migration.capabilities()))));
  }

  private static String string(Map<String, @Nullable Object> arguments, String name) {
    return String.valueOf(arguments.get(name));
  }

  private static Map<String, Object> withoutNulls(Map<String, @Nullable Object> arguments) {
    Map<String, Object> all = new LinkedHashMap<>();
    arguments.forEach(
        (name, value) -> {
          if (value == null) {
            throw QmpException.generic("Invalid parameter type for '" + name + "': null");
          }
          all.put(name, value);
        });
    return all;
  }

  private static Map<String, Boolean> capabilities(@Nullable Object list) {
    Map<String, Boolean> states = new LinkedHashMap<>();
    int index = 0;
    for (Object element : (List<?>) java.util.Objects.requireNonNull(list)) {
      String at = "capabilities[" + index++ + "]";
      if (!(element instanceof Map)) {
        throw QmpException.generic("Invalid parameter type for '" + at + "', expected: object");
      }
      Map<String, @Nullable Object> object = QmpClient.asObject(element);
      CAPABILITY.check(object, at + ".");
      STATE.check(object, at + ".");
      String capability = String.valueOf(object.remove("capability"));
      boolean state = Boolean.TRUE.equals(object.remove("state"));
      if (!object.isEmpty()) {
        throw QmpException.generic(
            "Parameter '" + at + "." + object.keySet().iterator().next() + "' is unexpected");
      }
      states.put(capability, state);
    }
    return states;
  }

  private static List<Map<String, Object>> capabilityList(Map<String, Boolean> states) {
    List<Map<String, Object>> list = new ArrayList<>();
    states.forEach(
        (name, state) -> {
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("capability", name);
          one.put("state", state);
          list.add(one);
        });
    return list;
  }
}
