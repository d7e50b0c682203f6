using System.Text.Json;
using Microsoft.Extensions.Logging;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Control;
using StreamScoring.Deployment;
using StreamScoring.Expressions;
using StreamScoring.Kafka;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Makes policies of what the control log says. What was never published is as the topology's files
/// have it.
/// </summary>
/// <param name="files">The models and the features.</param>
/// <param name="topology">What is in force of the topology.</param>
/// <param name="cancel">The graph ends: models are not waited for any more.</param>
internal sealed class LogPolicy(PolicyFiles files, Func<Topology> topology, ILogger logger, CancellationToken cancel) : IPolicyMaker
{
    /// <summary>
    /// How long after a change its model may come: a mirror may bring the change first. And how
    /// long it is waited for where the change itself came late.
    /// </summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(5), WaitMin = TimeSpan.FromSeconds(10);

    private static readonly string[] Kinds = [ControlPart.Rules, ControlPart.Rates, ControlPart.Settings, ControlPart.Models];

    private volatile string? _awaited;

    /// <summary>
    /// The model that is waited for, while nothing is decided; null where none is. Read by any
    /// thread.
    /// </summary>
    public string? Awaited => _awaited;

    /// <inheritdoc/>
    public PolicyParts Make(ControlState control) => Make(control, control.Parts.TryGetValue(ControlPart.Models, out var models) ? WaitOf(models) : TimeSpan.Zero);

    private ModelWait WaitOf(PartInForce models)
    {
        var left = DateTimeOffset.FromUnixTimeMilliseconds(models.AtMs) + WaitMax - TimeProvider.System.GetUtcNow();
        var max = left < WaitMin ? WaitMin : left > WaitMax ? WaitMax : left;
        return new ModelWait(max)
        {
            IsReplaced = () => IsReplaced(models),
            Begins = model =>
            {
                _awaited = FormattableString.Invariant(
                    $"waits for model {model}, which the control log names at offset {models.Offset} and the topic of models does not hold: {max.TotalSeconds:0} s at the most");
                logger.ModelAwaited(model.ToString(), models.Offset, max.TotalSeconds);
            },
        };
    }

    /// <summary>Whether the log has a later change that takes its place.</summary>
    private bool IsReplaced(PartInForce models)
    {
        try
        {
            return KafkaPorts.ControlOf(topology()) is { } log && log.ReadAll(cancel, models.Offset + 1).Any(
                record => record.Offset > models.Offset && Replaces(record.Value, models));
        }
        catch (KafkaFailedException)
        {
            // It is looked again.
            return false;
        }
    }

    private static bool Replaces(byte[] value, PartInForce models)
    {
        try
        {
            return ControlChange.Read(value).Parts.Any(part => part.Kind == ControlPart.Models && part.Expects == models.Hash);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private PolicyParts Make(ControlState control, ModelWait wait)
    {
        try
        {
            return control.Parts.Keys.FirstOrDefault(kind => !Kinds.Contains(kind)) is { } unknown
                ? throw new PolicyNotMadeException($"this release knows no {unknown} in the control log; update this process")
                : files.PolicyOf(topology(), control, wait, cancel);
        }
        catch (Exception e) when (e is not (PolicyNotMadeException or OperationCanceledException))
        {
            throw new PolicyNotMadeException(e.Message, e);
        }
        finally
        {
            _awaited = null;
        }
    }

    /// <inheritdoc/>
    public CurrencyRates? RatesOf(string? published) => published is null ? RuleArtifacts.RatesOf(topology(), published) : RuleArtifacts.PublishedRates(published);

    /// <summary>
    /// The policy that a process begins with: what the log says as far as its state holds it, or
    /// what was last in force of that.
    /// </summary>
    /// <returns>And why it is not what the log says; null where it is.</returns>
    /// <exception cref="InvalidInputFileException">Neither can be made here.</exception>
    public (PolicyParts Policy, string? Problem) AtStart(ControlState control, ControlState applied)
    {
        try
        {
            // Whoever starts has payments to decide: a model that cannot be had is not waited for.
            return (Make(control, TimeSpan.Zero), null);
        }
        catch (PolicyNotMadeException e)
        {
            logger.PolicyNotMade(e.Message);
            try
            {
                return (Make(applied, TimeSpan.Zero), e.Message);
            }
            catch (PolicyNotMadeException older)
            {
                throw new InvalidInputFileException($"neither the policy in force nor the one before it can be applied here: {older.Message}", older);
            }
        }
    }
}
