namespace StreamScoring.Deployment;

/// <summary>
/// The client settings that a topology may set under <c>security</c>: how brokers and this process
/// prove who they are. A list of what is allowed, as the client has settings that load a library or
/// run a command, and gets more with each release. Source: CONFIGURATION.md of librdkafka 2.x.
/// </summary>
internal static class SecurityKeys
{
    /// <summary>They hold secrets.</summary>
    public static readonly IReadOnlyList<string> Secrets =
    [
        "sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem", "sasl.oauthbearer.client.secret",
        "sasl.oauthbearer.assertion.private.key.passphrase", "sasl.oauthbearer.assertion.private.key.pem",
        "sasl.oauthbearer.client.credentials.client.secret",
    ];

    public static readonly IReadOnlyList<string> Allowed =
    [
        .. Secrets,
        "security.protocol", "enable.ssl.certificate.verification", "ssl.endpoint.identification.algorithm",
        "ssl.ca.location", "ssl.ca.pem", "ssl.ca.certificate.stores", "ssl.crl.location", "ssl.certificate.location",
        "ssl.certificate.pem", "ssl.key.location",
        "ssl.keystore.location", "ssl.cipher.suites", "ssl.curves.list", "ssl.sigalgs.list", "https.ca.location", "https.ca.pem",
        "sasl.mechanism", "sasl.mechanisms", "sasl.username",
        "sasl.kerberos.service.name", "sasl.kerberos.principal", "sasl.kerberos.keytab", "sasl.kerberos.min.time.before.relogin",
        "sasl.oauthbearer.method", "sasl.oauthbearer.config", "enable.sasl.oauthbearer.unsecure.jwt", "sasl.oauthbearer.token.endpoint.url",
        "sasl.oauthbearer.grant.type", "sasl.oauthbearer.sub.claim.name", "sasl.oauthbearer.client.id",
        "sasl.oauthbearer.client.credentials.client.id", "sasl.oauthbearer.scope",
        "sasl.oauthbearer.extensions", "sasl.oauthbearer.assertion.algorithm", "sasl.oauthbearer.assertion.private.key.file",
        "sasl.oauthbearer.assertion.file",
        "sasl.oauthbearer.assertion.claim.aud", "sasl.oauthbearer.assertion.claim.exp.seconds", "sasl.oauthbearer.assertion.claim.iss",
        "sasl.oauthbearer.assertion.claim.jti.include", "sasl.oauthbearer.assertion.claim.nbf.seconds",
        "sasl.oauthbearer.assertion.claim.sub",
        "sasl.oauthbearer.assertion.jwt.template.file", "sasl.oauthbearer.metadata.authentication.type",
    ];

    /// <summary>
    /// What those do that somebody may well try; each is refused with its reason.
    /// </summary>
    private static readonly Dictionary<string, string> Dangers = new(StringComparer.Ordinal)
    {
        ["plugin.library.paths"] = "loads libraries into this process",
        ["ssl.engine.location"] = "loads a library into this process",
        ["ssl.engine.id"] = "loads a library into this process",
        ["ssl.providers"] = "loads libraries into this process",
        ["sasl.kerberos.kinit.cmd"] = "runs a command as this process",
    };

    /// <summary>
    /// The client puts their values into the command line of kinit, which a shell runs.
    /// </summary>
    private static readonly string[] PartsOfACommand = ["sasl.kerberos.service.name", "sasl.kerberos.principal", "sasl.kerberos.keytab"];

    /// <returns>What is wrong with a key; null for nothing.</returns>
    public static string? ProblemOf(string key)
    {
        if (Dangers.TryGetValue(key, out var danger))
        {
            return $"{danger}: whoever may write the file could then run any code here, so it is refused. Remove it";
        }

        var hint = Nearest.To(key, Allowed) is { } near ? $". Did you mean {near}?" : "";
        return Allowed.Contains(key) ? null : $"is no setting of TLS or SASL that is taken here; docs/topology.md lists those that are{hint}";
    }

    /// <returns>What is wrong with a key's value; null for nothing.</returns>
    public static string? ProblemOf(string key, string value) =>
        PartsOfACommand.Contains(key) && !value.All(c => char.IsAsciiLetterOrDigit(c) || "._-/@:".Contains(c, StringComparison.Ordinal))
            ? "becomes a part of a command that a shell runs; allowed are letters, digits and . _ - / @ :"
            : null;
}
