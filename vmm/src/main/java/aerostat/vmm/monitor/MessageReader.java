package aerostat.vmm.monitor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a byte stream into top-level JSON values. QMP is a stream of values, not of lines: one line
 * may hold several, and one value may span lines. Only strings and brackets are looked at; the
 * value itself is Jackson's business.
 *
 * <p>After an error everything up to the end of the line is dropped, and the stream goes on. Memory
 * is bounded: a value longer than the limit or nested deeper than {@link Json#MAX_DEPTH} is an
 * error as soon as it passes the limit, and the rest of it is not kept.
 */
final class MessageReader {
  private final InputStream in;
  private final int limit;
  private ByteArrayOutputStream message = new ByteArrayOutputStream(256);
  private boolean dropLine;

  /**
   * @param in should be buffered; bytes are taken one by one
   * @param limit longest value, in bytes
   */
  MessageReader(InputStream in, int limit) {
    this.in = in;
    this.limit = limit;
  }

  /**
   * The next object or list, whole; null at the end of the stream.
   *
   * @throws Json.SyntaxException for what cannot become a value; calling again goes on behind it
   */
  byte @Nullable [] next() throws IOException, Json.SyntaxException {
    int b = firstByte();
    if (b < 0) {
      return null;
    }
    if (b != '{' && b != '[') {
      dropLine = true;
      throw new Json.SyntaxException("a message starts with '{', not with " + shown(b));
    }
    message.reset();
    return rest(b);
  }

  private int firstByte() throws IOException {
    while (true) {
      int b = in.read();
      if (b < 0) {
        return b;
      }
      if (dropLine) {
        dropLine = b != '\n';
      } else if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
        return b;
      }
    }
  }

  private byte @Nullable [] rest(int first) throws IOException, Json.SyntaxException {
    int depth = 0;
    int quote = 0;
    boolean escaped = false;
    for (int b = first; b >= 0; b = in.read()) {
      if (message.size() >= limit) {
        throw broken("a message is longer than " + limit + " bytes", b);
      }
      message.write(b);
      if (quote != 0) {
        if (b < ' ') {
          throw broken("control character in a string", b);
        }
        if (escaped) {
          escaped = false;
        } else if (b == '\\') {
          escaped = true;
        } else if (b == quote) {
          quote = 0;
        }
        continue;
      }
      switch (b) {
        case '"', '\'' -> quote = b;
        case '{', '[' -> {
          if (++depth > Json.MAX_DEPTH) {
            throw broken("values are nested deeper than " + Json.MAX_DEPTH, b);
          }
        }
        case '}', ']' -> {
          if (--depth == 0) {
            return message.toByteArray();
          }
        }
        case 0xFF -> throw broken("0xFF between messages only", '\n');
        default -> {}
      }
    }
    return null;
  }

  /** The byte that broke the value may itself end the line. */
  private Json.SyntaxException broken(String reason, int at) {
    dropLine = at != '\n';
    message = new ByteArrayOutputStream(256);
    return new Json.SyntaxException(reason);
  }

  private static String shown(int b) {
    return b > ' ' && b < 0x7f ? "'" + (char) b + "'" : "byte 0x" + Integer.toHexString(b);
  }
}
