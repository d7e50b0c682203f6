namespace StreamScoring.Tests.Deployment;

/// <summary>A service of docker-compose.yml.</summary>
internal sealed record ComposeService(string Name, YamlNode Node)
{
    public static IReadOnlyList<ComposeService> All { get; } =
        [.. DeploymentFile.Yaml("docker-compose.yml")["services"].Entries.Select(service => new ComposeService(service.Key, service.Value))];

    public static ComposeService Named(string name) => All.Single(service => service.Name == name);

    public IReadOnlyList<string> Command => Node.Find("command") is { } command ? [.. command.Items.Select(item => item.Text)] : [];

    public IReadOnlyDictionary<string, string> Environment =>
        Node.Find("environment")?.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Text) ?? [];

    /// <summary>Address, port on the machine, port in the container.</summary>
    public IReadOnlyList<(string Address, int Published, int Target)> Ports =>
        [.. (Node.Find("ports")?.Items ?? []).Select(port => port.Text.Split(':') is [var address, var published, var target]
            ? (address, int.Parse(published), int.Parse(target))
            : throw new InvalidOperationException($"{Name}: port {port.Text} is not ADDRESS:PORT:PORT"))];

    public IReadOnlyList<(string Source, string Target)> Volumes =>
        [.. (Node.Find("volumes")?.Items ?? []).Select(volume => volume.Text.Split(':')).Select(parts => (parts[0], parts[1]))];

    /// <summary>Whether it is the pipeline's process.</summary>
    public bool IsProcess => Command is ["run", ..];

    /// <summary>Whether it runs our program, be it through a shell.</summary>
    public bool IsOurs => Node["image"].Text.StartsWith("streamscoring:", StringComparison.Ordinal);

    public bool HasHealthcheck => IsOurs ? Node.Find("healthcheck") is null : Node.Find("healthcheck")?.Find("test") is not null;

    /// <summary>What follows an option, each time that it is given.</summary>
    public IReadOnlyList<string> OptionValues(string option) => [.. Command.Zip(Command.Skip(1)).Where(pair => pair.First == option).Select(pair => pair.Second)];

    public override string ToString() => Name;
}
