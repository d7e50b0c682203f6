using System.Globalization;
using System.Text;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training.Boosting;

/// <summary>What all fits of a training have in common, as LightGBM's parameters.</summary>
/// <param name="FraudWeight">How much more a fraud counts than a genuine payment.</param>
/// <param name="Threads">Of LightGBM; the trees are the same with any number.</param>
internal sealed record BoostingSettings(IReadOnlyList<InputColumn> Columns, double FraudWeight, int Seed, int Threads)
{
    /// <summary>Of bins.</summary>
    public string OfDataset()
    {
        var text = new StringBuilder();
        // Without force_row_wise LightGBM times two ways of summing and takes the faster one, which
        // is another one another time.
        text.Append(CultureInfo.InvariantCulture, $"verbosity=-1 deterministic=true force_row_wise=true num_threads={Threads} data_random_seed={Seed} feature_pre_filter=false");
        int[] categories = [.. Enumerable.Range(0, Columns.Count).Where(i => Columns[i].IsCategory)];
        if (categories.Length > 0)
        {
            text.Append(" categorical_feature=").AppendJoin(',', categories);
        }

        return text.ToString();
    }

    /// <param name="member">Which of several boosters.</param>
    public string OfBooster(BoostingParameters parameters, int member)
    {
        var text = new StringBuilder(OfDataset());
        text.Append(" objective=binary metric=average_precision");
        text.Append(CultureInfo.InvariantCulture, $" seed={unchecked(Seed + (member * 1_000_003)) & int.MaxValue} num_leaves={parameters.Leaves} learning_rate={parameters.LearningRate:R}");
        text.Append(CultureInfo.InvariantCulture, $" min_data_in_leaf={parameters.RowsPerLeaf} feature_fraction={parameters.InputShare:R} lambda_l2={parameters.L2:R} scale_pos_weight={FraudWeight:R}");
        if (parameters.RowShare < 1)
        {
            text.Append(CultureInfo.InvariantCulture, $" bagging_fraction={parameters.RowShare:R} bagging_freq=1");
        }

        if (Columns.Any(column => column.Direction != 0))
        {
            text.Append(" monotone_constraints_method=intermediate monotone_constraints=").AppendJoin(',', Columns.Select(column => column.Direction));
        }

        return text.ToString();
    }
}
