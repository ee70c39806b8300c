package aerostat.vmm.monitor;

import static aerostat.vmm.monitor.Argument.optional;

import java.util.List;

/** The commands that belong to the protocol, whatever it controls. */
final class ProtocolCommands {
  private ProtocolCommands() {}

  static List<Command> all(CommandTable table, Runnable quit) {
    return List.of(
        Command.of(
            CommandTable.NEGOTIATE,
            "Ends the negotiation; before it no other command is heard and no event is sent.",
            arguments -> {
              if (arguments.get("enable") instanceof List<?> enable && !enable.isEmpty()) {
                throw QmpException.generic(
                    "Capability " + enable.getFirst() + " is not offered; the greeting lists all");
              }
              return Command.EMPTY;
            },
            optional("enable", Argument.Type.ARRAY, "capabilities to use; none are offered")),
        Command.of(
            "query-version",
            "Aerostat's version. The member is called `qemu` because clients look for that name.",
            arguments -> Version.map()),
        Command.of("query-commands", "The names of all commands.", arguments -> table.names()),
        Command.of(
            "quit",
            "Ends the VMM process, and the guest with it. The answer comes first.",
            arguments -> {
              quit.run();
              return Command.EMPTY;
            }));
  }
}
