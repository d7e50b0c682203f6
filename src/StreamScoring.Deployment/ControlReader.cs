using StreamScoring.Configuration;

namespace StreamScoring.Deployment;

/// <summary>Reads where a topology's policy comes from.</summary>
internal static class ControlReader
{
    /// <returns>Null where it is that of files.</returns>
    /// <exception cref="InvalidInputFileException">A region is unknown, or <c>control</c> says
    /// where logs are that are not read.</exception>
    public static ControlKnobs? Read(YamlMap top, IReadOnlyList<RegionTopology> regions)
    {
        var isLog = top.Choice("policy", "files", "files", "log") == "log";
        var map = top.OptionalMap("control");
        if (!isLog)
        {
            return map is null ? null : throw top.Error("control", "says where the logs of the policy are, and the policy is that of files; set policy: log");
        }

        map ??= YamlMap.Empty(top.File, "control");
        var region = map.Text("region", regions[0].Name);
        if (regions.All(known => known.Name != region))
        {
            throw map.Error("region", $"is {region}; the regions of this file are {string.Join(", ", regions.Select(known => known.Name))}");
        }

        var control = new ControlKnobs(
            region, Enum.Parse<FollowMode>(map.Choice("follow", "direct", "direct", "mirror"), ignoreCase: true), map.Text("mirrorPrefix", $"{region}."));
        map.RequireAllRead();
        return control;
    }
}
