using System.Globalization;
using CsCheck;
using StreamScoring.Files;

namespace StreamScoring.Tests.Files;

/// <summary>Numbers in a table of text.</summary>
public sealed class CsvTableWriterTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("csv").FullName, "t.csv");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void A_number_is_written_as_the_shortest_text_that_reads_back_the_same()
    {
        double[] edges = [0, -0.0, 1, -1, 0.5, 1e15, -1e15, 999_999_999_999_999, 1e15 - 0.125, 1e16, 1e300, double.MaxValue, double.Epsilon, double.PositiveInfinity, double.NegativeInfinity, long.MaxValue, long.MinValue, 4_503_599_627_370_497.5];
        Gen.OneOf(Gen.Int[0, edges.Length - 1].Select(i => edges[i]), Gen.Double, Gen.Long.Select(whole => (double)whole), Gen.Int.Select(whole => (double)whole), Gen.Int[-1000, 1000].Select(part => part / 8.0)).Array[1, 40].Sample(values =>
        {
            using (var writer = TableWriter.Create(_path, [("x", false)]))
            {
                foreach (var value in values)
                {
                    writer.Number(value);
                    writer.EndRow();
                }

                writer.Complete();
            }

            Assert.Equal(values.Select(value => double.IsNaN(value) ? "" : value.ToString(CultureInfo.InvariantCulture)), File.ReadAllLines(_path).Skip(1));
        }, iter: 300, threads: 1);
    }
}
