export type Question = { title: string; text: string; items: readonly string[]; action: string; danger: boolean };

/** A question before something that cannot be taken back. */
class Confirmation {
  question = $state.raw<Question | undefined>(undefined);
  #answer: ((yes: boolean) => void) | undefined;

  ask(question: Question): Promise<boolean> {
    this.#answer?.(false);
    this.question = question;
    return new Promise(resolve => (this.#answer = resolve));
  }

  answer(yes: boolean): void {
    this.#answer?.(yes);
    this.#answer = undefined;
    this.question = undefined;
  }
}

export const confirmation = new Confirmation();
