using StreamScoring.Training;

namespace StreamScoring.Tests.Training;

public sealed class NodeRowCountTests
{
    [Fact]
    public void Rows_are_counted_at_every_node_they_pass_and_a_missing_value_as_zero()
    {
        float[][] rows = [[0, 5], [float.NaN, 5], [2, 5], [2, 6], [1, 9], [3, float.NaN]];
        // The root sends x0 ≤ 1 to leaf 0; the others go by x1 ≤ 5 to leaf 1 or 2.
        Assert.Equal([6, 3, 3, 2, 1], NodeRowCounts.Of([0, 1], [1, 5], [~0, ~1], [1, ~2], leafCount: 3, rows));
        Assert.Equal([6], NodeRowCounts.Of([], [], [], [], leafCount: 1, rows));
    }
}
