using CsCheck;
using StreamScoring.Drift;

namespace StreamScoring.Tests.Drift;

public sealed class RollingCountsTests
{
    private const int Cells = 3, Slices = 5;

    [Fact]
    public void Totals_are_what_the_last_slices_added() =>
        Gen.Select(Gen.Int[0, Cells - 1], Gen.Long[1, 1L << 40], Gen.Int[-3, 7]).Array[0, 200].Sample(additions =>
        {
            var (counts, slice, all) = (new RollingCounts(Cells, Slices), 0L, new List<(long Slice, int Cell, long Count)>());
            foreach (var (cell, count, turns) in additions)
            {
                var turned = Math.Max(0, turns);
                counts.Turn(turned);
                slice += turned;
                counts.Add(cell, count);
                all.Add((slice, cell, count));
                for (var each = 0; each < Cells; each++)
                {
                    long Since(int slices) => all.Where(added => added.Cell == each && added.Slice > slice - slices).Sum(added => added.Count);
                    if (counts.Totals[each] != Since(Slices) || counts.Newest(each) != Since(2))
                    {
                        return false;
                    }
                }
            }

            return true;
        });
}
