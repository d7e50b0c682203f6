using StreamScoring.Configuration;
using StreamScoring.Drift;
using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Tests.Onnx;

public sealed class ModelCardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("card").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Baseline_and_histograms_are_read_as_they_were_saved()
    {
        var card = new ModelCard
        {
            Name = "m",
            Inputs = [new ModelInput("amount", IsText: false), new ModelInput("channel", IsText: true), new ModelInput("b: \"c\"", IsText: false)],
            Output = OutputKind.Probability,
            Baseline = [("amount", 12.5), ("b: \"c\"", -1e-7)],
            Histograms =
            [
                new("amount", [0.1, 2, 1e6], [0.25, 0.25, 0.4, 0.1]) { Rows = 1L << 60, Missing = 0.125, Smallest = -3.4e38, Largest = 1e6, Weight = 0.75 },
                new("b: \"c\"", [], [1]),
            ],
            Probabilities = new("", [0.001, 0.5], [0.9, 0.05, 0.05]) { Rows = 1000 },
        };
        card.Save(_folder);
        var read = ModelCard.Load(_folder);
        Assert.Equal(card.Baseline, read.Baseline);
        Assert.Equal(card.Histograms.Select(histogram => histogram.Input), read.Histograms.Select(histogram => histogram.Input));
        Assert.Equal(card.Histograms.Select(histogram => histogram.Edges), read.Histograms.Select(histogram => histogram.Edges));
        Assert.Equal(card.Histograms.Select(histogram => histogram.Shares), read.Histograms.Select(histogram => histogram.Shares));
        Assert.Equal(card.Histograms.Select(Known), read.Histograms.Select(Known));
        Assert.Equal(card.Probabilities.Edges, read.Probabilities!.Edges);
        Assert.Equal(card.Probabilities.Shares, read.Probabilities.Shares);
        Assert.Equal(Known(card.Probabilities), Known(read.Probabilities));

        static (long?, double?, double?, double?, double?) Known(ReferenceHistogram of) => (of.Rows, of.Missing, of.Smallest, of.Largest, of.Weight);
    }

    [Theory]
    [InlineData("baseline: {amuont: 1}", "baseline.amuont is not an input that is a number; those are amount")]
    [InlineData("baseline: {channel: 1}", "baseline.channel is not an input that is a number")]
    [InlineData("baseline: {amount: high}", "baseline.amount is high; expected a number")]
    [InlineData("baseline: {amount: NaN}", "baseline.amount is NaN; expected a number")]
    [InlineData("baseline: {amount: }", "baseline.amount is empty; expected a number")]
    [InlineData("histograms: [{input: other, edges: [1], shares: [0.5, 0.5]}]", "histograms[0].input is other, which is not an input that is a number; those are amount")]
    [InlineData("histograms: [{input: amount, edges: [], shares: [1]}, {input: amount, edges: [], shares: [1]}]", "histograms[1].input is amount, which has a histogram already")]
    [InlineData("histograms: [{input: amount, edges: [1, 1], shares: [0.5, 0.25, 0.25]}]", "histograms[0].edges must ascend")]
    [InlineData("histograms: [{input: amount, edges: [low], shares: [0.5, 0.5]}]", "histograms[0].edges holds low; expected numbers")]
    [InlineData("histograms: [{input: amount, edges: [1], shares: [1]}]", "histograms[0].shares has 1 numbers; expected 2")]
    [InlineData("histograms: [{input: amount, edges: [1], shares: [0.5, 0.6]}]", "histograms[0].shares must be within 0..1 and add up to 1")]
    [InlineData("histograms: [{input: amount, edges: [1], shares: [1.5, -0.5]}]", "histograms[0].shares must be within 0..1")]
    [InlineData("histograms: [{input: amount, edges: [2, 1], shares: [0.5, 0.25, 0.25]}]", "histograms[0].edges must ascend")]
    [InlineData("histograms: [{input: amount, edges: [NaN], shares: [0.5, 0.5]}]", "histograms[0].edges holds NaN; expected numbers")]
    [InlineData("histograms: [{input: amount, edges: [1], shares: [NaN, 0.5]}]", "histograms[0].shares holds NaN; expected numbers")]
    [InlineData("histograms: [{input: amount, edges: [1], shares: [0.5, 0.5], rows: -1}]", "histograms[0].rows is -1; allowed 0..")]
    [InlineData("histograms: [{input: amount, edges: [1], shares: [0.5, 0.5], rows: 0.5}]", "histograms[0].rows is 0.5; allowed 0..")]
    [InlineData("histograms: [{input: amount, edges: [1], shares: [0.5, 0.5], missing: 1.5}]", "histograms[0].missing is 1.5; allowed 0..1")]
    [InlineData("histograms: [{input: amount, edges: [1], shares: [0.5, 0.5], weight: NaN}]", "histograms[0].weight is NaN; allowed 0..")]
    [InlineData("histograms: [{input: amount, edges: [1], shares: [0.5, 0.5], smallest: -.inf}]", "histograms[0].smallest is -.inf; allowed")]
    [InlineData("histograms: [{input: amount, edges: [1], shares: [0.5, 0.5], smallest: 2, largest: 1}]", "histograms[0].largest must not be below smallest")]
    [InlineData("probabilities: {edges: [2], shares: [0.5, 0.5]}", "probabilities.edges must be within 0..1")]
    [InlineData("probabilities: {edges: [0.5, 0.1], shares: [0.5, 0.25, 0.25]}", "probabilities.edges must ascend")]
    [InlineData("probabilities: {edges: [0.5], shares: [0.5, 0.5], weight: 1}", "unknown key probabilities.weight")]
    [InlineData("probabilities: [0.5]", "probabilities must hold keys and values")]
    [InlineData("histograms: [{input: amount, edges: [1], shares: [0.5, 0.5], bins: 2}]", "unknown key histograms[0].bins")]
    public void A_baseline_or_histogram_that_is_wrong_is_refused_with_file_and_key(string section, string problem)
    {
        File.WriteAllText(
            Path.Combine(_folder, ModelCard.FileName),
            $"version: 1\nname: m\noutput: {{kind: score}}\ninputs:\n  - {{name: amount}}\n  - {{name: channel, type: text}}\n{section}\n");
        var error = Assert.Throws<InvalidInputFileException>(() => ModelCard.Load(_folder));
        Assert.Contains($"{ModelCard.FileName}:7:", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }
}
