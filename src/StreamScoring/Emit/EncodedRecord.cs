namespace StreamScoring.Emit;

/// <summary>One record of a batch, as slices of <see cref="EncodedRecords.Buffer"/>.</summary>
/// <param name="RowIndex">The row it answers: source log and offset go into the headers.</param>
/// <param name="IsDeadLetter">To the dead-letter topic instead of the decisions topic.</param>
/// <param name="KeyStart">The payment's id is the decision's key; length 0 for none.</param>
/// <param name="VectorLength">Length of the offset-vector header that this record carries; 0 for most.</param>
public readonly record struct EncodedRecord(
    int RowIndex, bool IsDeadLetter, int KeyStart, int KeyLength, int ValueStart, int ValueLength, int VectorStart, int VectorLength);
