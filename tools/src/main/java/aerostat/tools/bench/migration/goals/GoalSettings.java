package aerostat.tools.bench.migration.goals;

import aerostat.tools.bench.migration.QemuPair;
import org.jspecify.annotations.Nullable;

/**
 * How much is measured.
 *
 * @param memoryBytes of the idle guests and of the snapshot
 * @param residentBytes of them that are filled
 * @param runs pairs of processes, or repetitions
 * @param moves between each pair
 * @param shortMoves of one guest for the distribution of its downtime, and of one that writes for
 *     the share within its limit
 * @param churn operations of the ping-pong
 * @param delayMillis round trip of the way between the processes
 * @param qemu null: not beside ours
 */
public record GoalSettings(
    long memoryBytes,
    long residentBytes,
    int runs,
    int moves,
    int shortMoves,
    long churn,
    int delayMillis,
    QemuPair.@Nullable Setup qemu) {}
