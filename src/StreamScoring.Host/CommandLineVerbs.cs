using System.CommandLine;
using StreamScoring.Host.Verbs;

namespace StreamScoring.Host;

/// <summary>Every verb, in the order in which help lists them.</summary>
internal static class CommandLineVerbs
{
    public static IEnumerable<Command> All() =>
    [
        DemoVerb.Build(),
        RunVerb.Build(),
        TopologyVerb.Build(),
        FeaturesVerb.Build(),
        RulesVerb.Build(),
        ListsVerb.Build(),
        PolicyVerb.Build(),
        TuneVerb.Build(),
        TopicsVerb.Build(),
        ColumnsVerb.Build(),
        PublishVerb.Build(),
        DecisionsVerb.Build(),
        DeadLettersVerb.Build(),
        GenerateVerb.Build(),
        BackfillVerb.Build(),
        TrainVerb.Build(),
        EvaluateVerb.Build(),
        ExportVerb.Build(),
        ReplayVerb.Build(),
        ExplainVerb.Build(),
        ScoreVerb.Build(),
        ModelsVerb.Build(),
        BenchVerb.Build(),
        StateVerb.Build(),
    ];
}
