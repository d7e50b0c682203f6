namespace StreamScoring.Chaos.World;

/// <summary>Names and numbers that everyone here agrees on.</summary>
public static class Topics
{
    public const string Region = "eu", Payments = "payments", Labels = "labels", Decisions = "decisions", DeadLetters = "dead-letters", Schemas = "schemas";

    /// <summary>For whoever answers what others answer: nobody reads it.</summary>
    public const string WitnessDecisions = "witness-decisions", WitnessDeadLetters = "witness-dead-letters";

    /// <summary>
    /// Three for three processes: a fourth one gets none, which is a state of its own.
    /// </summary>
    public const int Partitions = 3;

    /// <summary>
    /// Says what the publisher means a record to lead to; nobody but the oracle looks at it.
    /// </summary>
    public const string ExpectHeader = "chaos-expect";
}
