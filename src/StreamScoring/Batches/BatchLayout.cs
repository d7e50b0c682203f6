using StreamScoring.Contracts;

namespace StreamScoring.Batches;

/// <summary>
/// What a batch must hold beyond the fixed columns: it follows from the feature file.
/// </summary>
/// <param name="HashedFields">
/// Text fields whose hashes something looks at. <see cref="TextField.PaymentId"/> and
/// <see cref="TextFields.ContentIds"/> are always hashed.
/// </param>
/// <param name="AttributeNames">Attributes that something looks at, in column order.</param>
/// <param name="FeatureCount">Columns of the feature matrix.</param>
public sealed record BatchLayout(IReadOnlySet<TextField> HashedFields, IReadOnlyList<string> AttributeNames, int FeatureCount);
