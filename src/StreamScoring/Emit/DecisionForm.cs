namespace StreamScoring.Emit;

/// <summary>How decisions are written (docs/wire-format.md).</summary>
public enum DecisionForm
{
    /// <summary>Compact, with all names in each.</summary>
    Inline,

    /// <summary>
    /// Compact; what decisions have in common stands in a schema (<see cref="SchemasFirst"/>).
    /// </summary>
    BySchema,

    /// <summary>JSON, with all names in each.</summary>
    Json,
}
