package aerostat.vmm.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * Logging: one line an event, on standard error, since standard output is the guest's console.
 * Found by Logback as a service; in Java because reading an XML file costs a start a tenth of a
 * second.
 *
 * <p>Levels: error = the user's request failed; warn = odd but harmless; info = rare changes of
 * state. The system property {@value #LEVEL} sets what is shown (default WARN).
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
  /** DEBUG, INFO, WARN, ERROR or OFF. */
  public static final String LEVEL = "aerostat.log";

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("aerostat: %d{HH:mm:ss.SSS} %level %logger{0}: %msg%n");
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.toLevel(System.getProperty(LEVEL), Level.WARN));
    root.addAppender(appender);
    // Chronicle reports JVM options that it would like to have, and that nothing here needs, as
    // errors.
    context.getLogger("net.openhft").setLevel(Level.OFF);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
