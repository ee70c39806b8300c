package aerostat.vmm.monitor;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON values as plain Java: Map, List, String, Long, Double, Boolean, null. On Jackson's streaming
 * core only, whose start costs a tenth of data binding's.
 */
public final class Json {
  /** Deepest nesting of objects and lists that is read. */
  public static final int MAX_DEPTH = 64;

  /** Longest message, in bytes, that a client reads. */
  public static final int MAX_BYTES = 1 << 20;

  /** Most values of a message, at all depths: as Java objects they are far larger than as text. */
  public static final int MAX_VALUES = 10_000;

  /** Longest number, in characters. */
  private static final int MAX_NUMBER = 100;

  // Names are not interned: a hostile client would fill the table of names that never shrinks.
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(MAX_BYTES)
                  .maxNumberLength(MAX_NUMBER)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_SINGLE_QUOTES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private final JsonParser parser;
  private int values;

  private Json(JsonParser parser) {
    this.parser = parser;
  }

  /** A text that is not one JSON value. */
  public static final class SyntaxException extends Exception {
    private static final long serialVersionUID = 1;

    SyntaxException(String message) {
      super(message);
    }
  }

  /**
   * Reads exactly one value.
   *
   * @throws SyntaxException for anything else, with a reason fit for a user
   */
  public static @Nullable Object read(byte[] text) throws SyntaxException {
    try (JsonParser parser = FACTORY.createParser(text)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw new SyntaxException("there is no value");
      }
      Object value = new Json(parser).value(first);
      if (parser.nextToken() != null) {
        throw new SyntaxException("there is more than one value");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new SyntaxException(shortened(e.getOriginalMessage()));
    } catch (CharConversionException e) {
      // Zero bytes behind the first make it UTF-16 or UTF-32 to Jackson, which it then is not.
      throw new SyntaxException(shortened(String.valueOf(e.getMessage())));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  private @Nullable Object value(JsonToken token) throws IOException, SyntaxException {
    if (++values > MAX_VALUES) {
      throw new SyntaxException("a message has more than " + MAX_VALUES + " values");
    }
    return switch (token) {
      case START_OBJECT -> object();
      case START_ARRAY -> list();
      case VALUE_STRING -> parser.getText();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      case VALUE_NUMBER_INT -> integer();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      default -> throw new IllegalStateException(token.name());
    };
  }

  /** Integers beyond a long become a Double, which no integer argument accepts. */
  private Object integer() throws IOException {
    return switch (parser.getNumberType()) {
      case INT, LONG -> parser.getLongValue();
      default -> parser.getBigIntegerValue().doubleValue();
    };
  }

  private Map<String, @Nullable Object> object() throws IOException, SyntaxException {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      map.put(name, value(parser.nextToken()));
    }
    return map;
  }

  private List<@Nullable Object> list() throws IOException, SyntaxException {
    List<@Nullable Object> list = new ArrayList<>();
    for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
      list.add(value(t));
    }
    return list;
  }

  /** One line, no line end. */
  public static byte[] write(@Nullable Object value) {
    return write(value, false);
  }

  /** For people: several lines if {@code pretty}. */
  public static byte[] write(@Nullable Object value, boolean pretty) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator generator = FACTORY.createGenerator(bytes)) {
      if (pretty) {
        generator.useDefaultPrettyPrinter();
      }
      write(generator, value);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }

  private static void write(JsonGenerator generator, @Nullable Object value) throws IOException {
    switch (value) {
      case null -> generator.writeNull();
      case String s -> generator.writeString(s);
      case Boolean b -> generator.writeBoolean(b);
      case Double d -> generator.writeNumber(d);
      case Float f -> generator.writeNumber(f);
      case Number n -> generator.writeNumber(n.longValue());
      case Map<?, ?> map -> {
        generator.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          generator.writeFieldName(String.valueOf(entry.getKey()));
          write(generator, entry.getValue());
        }
        generator.writeEndObject();
      }
      case Iterable<?> list -> {
        generator.writeStartArray();
        for (Object element : list) {
          write(generator, element);
        }
        generator.writeEndArray();
      }
      default -> generator.writeString(value.toString());
    }
  }

  static String shortened(String message) {
    return message.length() <= 200 ? message : message.substring(0, 200) + "…";
  }
}
