namespace StreamScoring.Onnx.Trees;

/// <summary>The trees of a model, or why they cannot be read.</summary>
/// <param name="Ensemble">Null where they cannot.</param>
/// <param name="OutputColumn">Which of the trees' outputs is the model's.</param>
/// <param name="Reason">Empty where they can be read.</param>
internal sealed record ReadableTrees(TreeEnsemble? Ensemble, int OutputColumn, string Reason)
{
    /// <param name="shape">How the model takes its rows, and which output is read.</param>
    /// <param name="inputCount">Inputs of a row.</param>
    public static ReadableTrees Of(OnnxGraph graph, OnnxShape shape, int inputCount)
    {
        try
        {
            var (ensemble, column) = TreeGraph.Read(graph.Model.Graph, shape, inputCount);
            return new ReadableTrees(ensemble, column, "");
        }
        catch (TreesNotCoveredException e)
        {
            return new ReadableTrees(null, 0, e.Message);
        }
    }
}
