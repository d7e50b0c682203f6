namespace StreamScoring.Onnx.Inputs;

/// <summary>Which features each tensor of a model takes.</summary>
internal sealed class TensorPlan
{
    private TensorPlan(IReadOnlyList<(InputTensor Tensor, IReadOnlyList<string> Features)> parts) => Parts = parts;

    /// <summary>
    /// Features in the model's order: the first tensor takes the first ones. Null where the tensors
    /// do not say how many they take, or their names are the features', or they take other numbers.
    /// </summary>
    public static TensorPlan? InOrder(IReadOnlyList<InputTensor> tensors, IReadOnlyList<string> features)
    {
        if (tensors.Any(tensor => tensor.Width < 1) || tensors.Sum(tensor => tensor.Width) != features.Count || tensors.All(tensor => tensor.Width > 1 || features.Contains(tensor.Name)))
        {
            return null;
        }

        var parts = new List<(InputTensor, IReadOnlyList<string>)>();
        var taken = 0;
        foreach (var tensor in tensors)
        {
            parts.Add((tensor, [.. features.Skip(taken).Take((int)tensor.Width)]));
            taken += (int)tensor.Width;
        }

        return new TensorPlan(parts);
    }

    /// <summary>In the order of the file; features in the order of the tensor's columns.</summary>
    public IReadOnlyList<(InputTensor Tensor, IReadOnlyList<string> Features)> Parts { get; }

    /// <summary>In the order of the tensors, each once.</summary>
    public IEnumerable<string> Features => Parts.SelectMany(part => part.Features).Distinct(StringComparer.Ordinal);

    /// <summary>
    /// As a card says it; a tensor that it does not name takes the feature of its own name if it
    /// has one column, and else, as a single tensor does, all that are left.
    /// </summary>
    /// <param name="features">Those that there are, in order.</param>
    /// <param name="said">Features by tensor, as a card says it; empty: nothing is said.</param>
    /// <param name="given">What <paramref name="features"/> are, for messages.</param>
    /// <exception cref="Configuration.InvalidInputFileException">A tensor takes what is not there,
    /// or other numbers of features than there are.</exception>
    public static TensorPlan Of(
        string path, IReadOnlyList<InputTensor> tensors, IReadOnlyList<string> features, IReadOnlyList<(string Tensor, IReadOnlyList<string> Features)> said, string given)
    {
        if (said.FirstOrDefault(part => tensors.All(tensor => tensor.Name != part.Tensor)) is { Tensor: { } unknown })
        {
            throw ModelRefused.Because(path, $"takes no tensor {unknown}, which tensors of {ModelCard.FileName} names; it takes {Listed(tensors)}");
        }

        if (features.GroupBy(feature => feature, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { Key: { } twice })
        {
            throw ModelRefused.Because(path, $"is given {twice} twice; name each input once");
        }

        var byTensor = said.ToDictionary(part => part.Tensor, part => part.Features, StringComparer.Ordinal);
        foreach (var tensor in tensors.Where(tensor => !byTensor.ContainsKey(tensor.Name) && !TakesRest(tensor, tensors, features)))
        {
            byTensor[tensor.Name] = features.Contains(tensor.Name) ? [tensor.Name] : throw ModelRefused.Because(path, $"takes an input {tensor.Name}, {given} {string.Join(", ", features)}");
        }

        var rest = features.Except(byTensor.Values.SelectMany(taken => taken)).ToList();
        InputTensor[] open = [.. tensors.Where(tensor => !byTensor.ContainsKey(tensor.Name))];
        foreach (var tensor in open)
        {
            var others = open.SkipWhile(other => other != tensor).Skip(1).ToList();
            // One that does not say how wide it is takes what those behind it leave.
            var count = others.Count == 0 ? rest.Count : tensor.Width > 0 ? (int)Math.Min(tensor.Width, rest.Count)
                : others.All(other => other.Width > 0) ? rest.Count - (int)others.Sum(other => other.Width) : -1;
            if (count < 0)
            {
                throw ModelRefused.Because(path, $"takes the tensors {Listed(open)} and does not say which features are whose; say it in {ModelCard.FileName}: tensors: {{{tensor.Name}: [A, B, …], …}}");
            }

            byTensor[tensor.Name] = [.. rest.Take(count)];
            rest.RemoveRange(0, count);
        }

        foreach (var tensor in tensors.Where(tensor => byTensor[tensor.Name].Count != tensor.Width && (tensor.Width > 0 || byTensor[tensor.Name].Count == 0)))
        {
            throw ModelRefused.Because(path, $"takes {tensor.Width} features a row{(tensors.Count > 1 ? $" as {tensor.Name}" : "")}, and {byTensor[tensor.Name].Count} are given: {(byTensor[tensor.Name].Count == 0 ? "none is left" : string.Join(", ", byTensor[tensor.Name]))}");
        }

        return new TensorPlan([.. tensors.Select(tensor => (tensor, byTensor[tensor.Name]))]);
    }

    public static string Listed(IEnumerable<InputTensor> tensors) => string.Join(", ", tensors.Select(tensor => tensor.Name));

    /// <summary>
    /// Whether it takes several features, or may: a single tensor of numbers of any width, or one
    /// of several whose name is no feature's.
    /// </summary>
    private static bool TakesRest(InputTensor tensor, IReadOnlyList<InputTensor> tensors, IReadOnlyList<string> features) =>
        tensor.Width > 1 || (tensor.Width != 1 && (tensors.Count == 1 || !features.Contains(tensor.Name)));
}
