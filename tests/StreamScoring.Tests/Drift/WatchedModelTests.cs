using StreamScoring.Drift;
using StreamScoring.Scoring;

namespace StreamScoring.Tests.Drift;

public sealed class WatchedModelTests
{
    [Fact]
    public void Inputs_with_a_histogram_are_watched_at_their_columns_and_others_are_named()
    {
        var model = new Inputs([new("a", false), new("channel", true), new("b", false), new("c", false), new("d", false)]);
        var tooMany = new ReferenceHistogram("d", [.. Enumerable.Range(0, WatchedModel.BinsMax).Select(i => (double)i)], [1, .. new double[WatchedModel.BinsMax]]);
        var watched = WatchedModel.Of(new ServedModel(ModelRole.Champion, model, [7, 5, 3, 1, 0]), new ReferenceProfile([Of("c", 0.25), Of("a", 0.75), tooMany], null));
        Assert.Equal([("a", 7), ("c", 1)], watched.Inputs.Select(input => (input.Reference.Input, input.Column)));
        Assert.Equal(["channel", "b", "d"], watched.Unwatched);
        Assert.Null(watched.Probability);
        Assert.Equal("inputs@000000000000", watched.Model);
    }

    [Fact]
    public void Of_many_inputs_the_heaviest_are_watched()
    {
        var names = Enumerable.Range(0, WatchedModel.InputsMax + 10).Select(i => $"f{i}").ToList();
        var model = new Inputs([.. names.Select(name => new ModelInput(name, false))]);
        var watched = WatchedModel.Of(
            new ServedModel(ModelRole.Champion, model, [.. Enumerable.Range(0, names.Count)]), new ReferenceProfile([.. names.Select((name, i) => Of(name, i))], null));
        Assert.Equal(WatchedModel.InputsMax, watched.Inputs.Count);
        Assert.Equal(names[..10], watched.Unwatched);
    }

    [Fact]
    public void A_model_of_which_nothing_is_known_is_watched_in_nothing()
    {
        var watched = WatchedModel.Of(new ServedModel(ModelRole.Champion, new Inputs([new("a", false)]), [0]), ReferenceProfile.None);
        Assert.Empty(watched.Inputs);
        Assert.Equal(["a"], watched.Unwatched);
    }

    private static ReferenceHistogram Of(string input, double weight) => new(input, [1], [0.5, 0.5]) { Weight = weight };

    /// <summary>A model of which only its inputs are asked for.</summary>
    private sealed class Inputs(IReadOnlyList<ModelInput> inputs) : IFraudModel
    {
        string IFraudModel.Name => "inputs";

        string IFraudModel.Version { get; } = "sha256:" + new string('0', 64);

        string IFraudModel.Engine => "test";

        IReadOnlyList<ModelInput> IFraudModel.Inputs => inputs;

        ScoreCalibration IFraudModel.Calibration => throw new NotSupportedException();

        IScoringLane IFraudModel.OpenLane(IReadOnlyList<int> featureColumns, int rowsMax) => throw new NotSupportedException();

        IExplainer IFraudModel.OpenExplainer(IReadOnlyList<int> featureColumns) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
