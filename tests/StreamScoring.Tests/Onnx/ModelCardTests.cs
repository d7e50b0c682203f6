using StreamScoring.Configuration;
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
            Histograms = [("amount", [0.1, 2, 1e6], [0.25, 0.25, 0.4, 0.1]), ("b: \"c\"", [], [1])],
        };
        card.Save(_folder);
        var read = ModelCard.Load(_folder);
        Assert.Equal(card.Baseline, read.Baseline);
        Assert.Equal(card.Histograms.Select(histogram => histogram.Input), read.Histograms.Select(histogram => histogram.Input));
        Assert.Equal(card.Histograms.Select(histogram => histogram.Edges), read.Histograms.Select(histogram => histogram.Edges));
        Assert.Equal(card.Histograms.Select(histogram => histogram.Shares), read.Histograms.Select(histogram => histogram.Shares));
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
