namespace StreamScoring.Batches;

/// <summary>One record that a batch writes.</summary>
/// <param name="RowIndex">The row it answers: the row's log and offset go into the record's
/// headers.</param>
/// <param name="IsDeadLetter">To the dead-letter topic instead of the decisions topic.</param>
/// <param name="IsBesideDecision">It is no answer: a dead letter of a row that has a decision
/// too.</param>
/// <param name="CarriesVector">The batch's vector goes into its headers
/// (<see cref="EncodedRecords.Vector"/>).</param>
/// <param name="KeyStart">The record's key, the payment's id, within the batch's bytes; length 0
/// for none.</param>
/// <param name="ValueStart">The record's value within <see cref="EncodedRecords.Buffer"/>.</param>
public readonly record struct EncodedRecord(int RowIndex, bool IsDeadLetter, bool IsBesideDecision, bool CarriesVector, int KeyStart, int KeyLength, int ValueStart, int ValueLength);
