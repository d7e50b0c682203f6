namespace StreamScoring.Batches;

/// <summary>
/// Why a record was refused: a named reason and, where there is one, the field. Never a value: it
/// might be a card number.
/// </summary>
/// <param name="Field">Index into the field names that the decoder reports; -1 where no field is to
/// blame.</param>
public readonly record struct Rejection(RejectReason Reason, int Field)
{
    public Rejection(RejectReason reason)
        : this(reason, -1)
    {
    }

    public bool IsNone => Reason == RejectReason.None;
}
