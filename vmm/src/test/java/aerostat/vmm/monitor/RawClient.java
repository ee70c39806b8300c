package aerostat.vmm.monitor;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A QMP client written from the protocol's text alone, with the JDK's plain sockets: bytes out,
 * lines in. It shares nothing with the server but the JSON reader.
 */
final class RawClient implements AutoCloseable {
  private static final int LIMIT_MILLIS = 20_000;

  private final Socket socket;
  private final BufferedReader in;

  RawClient(Endpoint endpoint) throws IOException {
    this(endpoint, 0);
  }

  /**
   * @param receiveBuffer bytes, 0 for the system's choice
   */
  RawClient(Endpoint endpoint, int receiveBuffer) throws IOException {
    Endpoint.Tcp tcp = (Endpoint.Tcp) endpoint;
    socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.connect(new InetSocketAddress(tcp.host(), tcp.port()));
    socket.setSoTimeout(LIMIT_MILLIS);
    in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  static RawClient negotiated(Endpoint endpoint) throws IOException {
    RawClient client = new RawClient(endpoint);
    client.receive();
    client.send("{\"execute\": \"qmp_capabilities\"}\n");
    client.receive();
    return client;
  }

  void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.UTF_8));
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  /** The next line as an object; empty at the end of the stream. */
  Map<String, @Nullable Object> receive() throws IOException {
    String line = in.readLine();
    if (line == null) {
      return Map.of();
    }
    try {
      return QmpClient.asObject(Json.read(line.getBytes(StandardCharsets.UTF_8)));
    } catch (Json.SyntaxException e) {
      throw new UncheckedIOException(new IOException("not JSON: " + line, e));
    }
  }

  Map<String, @Nullable Object> ask(String text) throws IOException {
    send(text);
    return receive();
  }

  /** Class and description of the error that the text is answered with. */
  String askForError(String text) throws IOException {
    return errorOf(ask(text));
  }

  static String errorOf(Map<String, @Nullable Object> answer) {
    Map<String, @Nullable Object> error = QmpClient.asObject(answer.get("error"));
    return error.get("class") + ": " + error.get("desc");
  }

  /** No more bytes will come from here. */
  void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
