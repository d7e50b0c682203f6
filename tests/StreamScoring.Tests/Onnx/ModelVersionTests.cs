using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Tests.Onnx;

public sealed class ModelVersionTests
{
    private static readonly ModelCard Card = new() { Name = "one", Inputs = [new("a", false), new("b", false)], Output = OutputKind.Probability };

    public static TheoryData<string, ModelCard> ScoringChanges => new()
    {
        { "order of inputs", Card with { Inputs = [.. Card.Inputs.Reverse()] } },
        { "type of an input", Card with { Inputs = [new("a", true), new("b", false)] } },
        { "kind", Card with { Output = OutputKind.Logit } },
        { "class", Card with { FraudClass = "1" } },
        { "output", Card with { OutputName = "p" } },
        { "output and class", Card with { OutputName = "-", FraudClass = null } },
        { "tensors", Card with { Tensors = [("x", ["a", "b"])] } },
        { "calibration", Card with { Calibration = [(0, 0), (1, 0.5)] } },
        { "a name that holds blanks", Card with { Inputs = [new("a number\ninput b", false)] } },
    };

    [Theory]
    [MemberData(nameof(ScoringChanges))]
    public void What_changes_a_score_changes_the_version(string what, ModelCard card)
    {
        Assert.NotEqual(ModelVersion.Of("sha256:1", Card), ModelVersion.Of("sha256:1", card));
        Assert.NotEmpty(what);
    }

    [Fact]
    public void What_only_tells_of_the_model_does_not()
    {
        var told = Card with { Name = "two", Training = [("rows", "7")], Metrics = [("auc", "0.9")], Baseline = [("a", 1)], Histograms = [new("a", [1], [0.5, 0.5])], Probabilities = new("", [0.5], [0.5, 0.5]) };
        Assert.Equal(ModelVersion.Of("sha256:1", Card), ModelVersion.Of("sha256:1", told));
        Assert.NotEqual(ModelVersion.Of("sha256:1", Card), ModelVersion.Of("sha256:2", Card));
    }
}
