namespace StreamScoring.Tests.Deployment;

/// <summary>
/// A place in a YAML file. What is asked for and not there fails the test, with the place.
/// </summary>
internal sealed class YamlNode(string place, object value)
{
    public string Text => value as string ?? throw new InvalidOperationException($"{place} is no text");

    public IReadOnlyList<YamlNode> Items =>
        value is List<object> list ? [.. list.Select((item, i) => new YamlNode($"{place}[{i}]", item))] : throw new InvalidOperationException($"{place} is no list");

    public IReadOnlyList<(string Key, YamlNode Value)> Entries => [.. Map.Select(entry => ((string)entry.Key, new YamlNode($"{place}.{entry.Key}", entry.Value)))];

    public IReadOnlyList<string> Keys => [.. Map.Keys.Cast<string>()];

    public YamlNode this[string key] => Find(key) ?? throw new InvalidOperationException($"{place} has no {key}");

    public YamlNode? Find(string key) => Map.TryGetValue(key, out var found) ? new YamlNode($"{place}.{key}", found) : null;

    private Dictionary<object, object> Map => value as Dictionary<object, object> ?? throw new InvalidOperationException($"{place} is no map");
}
