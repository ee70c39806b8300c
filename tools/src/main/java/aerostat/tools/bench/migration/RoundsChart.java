package aerostat.tools.bench.migration;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The rounds of some migrations over time as a picture: how much was dirty as each began. */
final class RoundsChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 520;

  private RoundsChart() {}

  /** Writes an SVG with a line for each migration. */
  static void write(Path file, Map<String, MigrationRun> runs) throws IOException {
    System.setProperty("java.awt.headless", "true");
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Rounds of a migration")
            .xAxisTitle("ms since the first round began")
            .yAxisTitle("pages still to be sent")
            .build();
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    runs.forEach(
        (name, run) -> {
          List<Double> times = new ArrayList<>();
          List<Double> pages = new ArrayList<>();
          double at = 0;
          for (MigrationRun.Round round : run.rounds()) {
            times.add(at);
            pages.add(Math.max(1, round.dirty()));
            at += round.millis();
          }
          times.add(at);
          pages.add(1.0);
          chart.addSeries(name, times, pages).setMarker(SeriesMarkers.CIRCLE);
        });
    VectorGraphicsEncoder.saveVectorGraphic(
        chart, file.toString(), VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
  }
}
