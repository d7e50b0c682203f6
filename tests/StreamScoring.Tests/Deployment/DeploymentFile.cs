using StreamScoring.TestSupport;
using YamlDotNet.Serialization;

namespace StreamScoring.Tests.Deployment;

/// <summary>Files of the repository that no compiler reads.</summary>
internal static class DeploymentFile
{
    public static string PathOf(string path) => Path.Combine(SharedFolder.RepositoryRoot, path);

    public static string Text(string path) => File.ReadAllText(PathOf(path));

    /// <summary>A YAML file with its <c>&lt;&lt;</c> merged in.</summary>
    public static YamlNode Yaml(string path) => new(path, Merged(new DeserializerBuilder().Build().Deserialize<object>(Text(path))));

    private static object Merged(object node) => node switch
    {
        Dictionary<object, object> map => MergedMap(map),
        List<object> list => list.ConvertAll(Merged),
        _ => node ?? "",
    };

    private static Dictionary<object, object> MergedMap(Dictionary<object, object> map)
    {
        var merged = map.TryGetValue("<<", out var from) ? new Dictionary<object, object>((Dictionary<object, object>)Merged(from)) : [];
        foreach (var (key, value) in map)
        {
            if (key is not "<<")
            {
                merged[key] = Merged(value);
            }
        }

        return merged;
    }
}
