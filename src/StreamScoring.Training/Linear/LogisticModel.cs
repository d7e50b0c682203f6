using System.Globalization;
using StreamScoring.Onnx.Protos;
using StreamScoring.Training.Fitting;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training.Linear;

/// <summary>A weight for each term: a model of some hundred bytes.</summary>
/// <param name="weights">[terms + 1]</param>
/// <param name="penalty">That it was fitted with.</param>
internal sealed class LogisticModel(LogisticTerms terms, double[] weights, double penalty) : IFittedModel
{
    private const int FloatElement = 1;

    public string Description => string.Create(CultureInfo.InvariantCulture, $"logistic regression, l2 {penalty}");

    public int? TreeCount => null;

    public double Penalty => penalty;

    public static double Sigmoid(double logOdds) => 1 / (1 + Math.Exp(-logOdds));

    public static double Sum(ReadOnlySpan<double> row, ReadOnlySpan<double> weights)
    {
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            sum += row[i] * weights[i];
        }

        return sum;
    }

    public double[] LogOdds(RowMatrix rows)
    {
        var (logOdds, row) = (new double[rows.Count], new double[terms.Count + 1]);
        row[^1] = 1;
        for (var i = 0; i < logOdds.Length; i++)
        {
            terms.Fill(rows[i], row);
            logOdds[i] = Sum(row, weights);
        }

        return logOdds;
    }

    public Contribute Explainer(RowMatrix rows) => (row, contributions) =>
    {
        var values = new double[terms.Count];
        terms.Fill(row, values);
        for (var input = 0; input < contributions.Length; input++)
        {
            contributions[input] = values[input] * weights[input];
        }

        for (var i = 0; i < terms.Missing.Length; i++)
        {
            contributions[terms.Missing[i]] += values[terms.Means.Length + i] * weights[terms.Means.Length + i];
        }
    };

    /// <summary>
    /// Missing values become the mean, the mean is taken away, and what is left is multiplied and
    /// added up: large amounts then cost no digits.
    /// </summary>
    public ModelProto ToOnnx(PlattLine line, RowMatrix rows, GraphInputs inputs)
    {
        var graph = new GraphProto { Name = "fraud" };
        inputs.AddTo(graph);
        var count = terms.Means.Length;
        graph.Initializer.Add(Tensor("means", [1, count], terms.Means));
        graph.Initializer.Add(Tensor("weights", [count, 1], Enumerable.Range(0, count).Select(i => line.Scale * weights[i] / terms.Deviations[i])));
        graph.Initializer.Add(Tensor("shift", [1], [(line.Scale * weights[^1]) + line.Shift]));
        Add("IsNaN", "missing", GraphInputs.Name);
        Add("Where", "filled", "missing", "means", GraphInputs.Name);
        Add("Sub", "centred", "filled", "means");
        Add("Gemm", "sum", "centred", "weights", "shift");
        var logOdds = "sum";
        if (terms.Missing.Length > 0)
        {
            var missing = new double[count];
            for (var i = 0; i < terms.Missing.Length; i++)
            {
                missing[terms.Missing[i]] = line.Scale * weights[count + i];
            }

            graph.Initializer.Add(Tensor("missing_weights", [count, 1], missing));
            Add("Cast", "missing_numbers", "missing").Attribute.Add(new AttributeProto { Name = "to", Type = AttributeType.Int, I = FloatElement });
            Add("MatMul", "missing_sum", "missing_numbers", "missing_weights");
            Add("Add", "log_odds", "sum", "missing_sum");
            logOdds = "log_odds";
        }

        Add("Sigmoid", "probability", logOdds);
        graph.Output.Add(GraphInputs.Value("probability", FloatElement, null, 1));
        return GraphInputs.Model(graph);

        NodeProto Add(string operation, string output, params string[] from)
        {
            var node = new NodeProto { OpType = operation, Name = output, Output = { output } };
            node.Input.Add(from);
            graph.Node.Add(node);
            return node;
        }
    }

    private static TensorProto Tensor(string name, long[] dimensions, IEnumerable<double> values)
    {
        var tensor = new TensorProto { Name = name, DataType = FloatElement };
        tensor.Dims.Add(dimensions);
        tensor.FloatData.Add(values.Select(value => (float)value));
        return tensor;
    }
}
