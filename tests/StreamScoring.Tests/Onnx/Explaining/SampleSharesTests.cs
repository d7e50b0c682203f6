using StreamScoring.Onnx;
using StreamScoring.Scoring;

namespace StreamScoring.Tests.Onnx.Explaining;

public sealed class SampleSharesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shares").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(null, 0.8, 1 / 3.0)]
    [InlineData(new[] { 1f, 1, 1, 1, 1 }, 0.8, 1 / 3.0)]
    [InlineData(new[] { 100f, 60, 40, 30, 10 }, 0.6, 0.75)]
    public void Trees_that_do_not_say_how_many_rows_went_which_way_are_explained_against_the_golden_rows(float[]? hitRates, double rootShare, double innerShare)
    {
        // Leaf values 1, 3 and 7. Of eight golden rows seven stop at leaf 1, one of them with a
        // value missing, and one goes to 7: 8/10 and 1/3 by the rule of succession.
        var trees = SmallModels.Trees(
            ["BRANCH_LEQ", "LEAF", "BRANCH_NEQ", "LEAF", "LEAF"], [0, 0, 1, 0, 0], [0.5f, 0, 2, 0, 0], [1, 0, 3, 0, 0], [2, 0, 4, 0, 0], [1, 0, 0, 0, 0],
            [(1, 1), (3, 3), (4, 7)], hitRates);
        var card = new ModelCard { Name = "trees", Inputs = [new ModelInput("a", false), new ModelInput("b", false)], Output = OutputKind.Score };
        SmallModels.WriteFolder(_folder, SmallModels.Model(trees, 2), card, [0, 9], [0, 9], [0, 9], [0, 9], [0, 9], [0, 9], [double.NaN, 9], [1, 2]);
        using var model = OnnxModelLoader.LoadFolder(_folder);
        using var explainer = model.OpenExplainer([0, 1]);
        var contributions = new double[2];
        explainer.Explain(SmallModels.MatrixOf([1, 2]), [0], contributions);
        var inner = (innerShare * 3) + ((1 - innerShare) * 7);
        var root = rootShare + ((1 - rootShare) * inner);
        Assert.Equal(inner - root, contributions[0], 1e-12);
        Assert.Equal(7 - inner, contributions[1], 1e-12);
    }
}
