"""Instructions and responses that the employees of Databricks wrote.

Source: https://huggingface.co/datasets/databricks/databricks-dolly-15k
Raw record: {"instruction": "When did Virgin Australia start operating?",
    "context": "Virgin Australia, the trading name of Virgin Australia Airlines Pty Ltd, …",
    "response": "Virgin Australia commenced services on 31 August 2000 as Virgin Blue, …",
    "category": "closed_qa"}
    The context is empty for most rows; its label then disappears with it.
    One response of twelve has two spaces after a full stop: the slot makes one of them, but for
    those that a line of code begins with.
"""

from mixbuild.declare import Source, Task, Template, holds, label, optional, replaced, trimmed

KINDS = {
    "brainstorming": "brainstorming",
    "classification": "classification",
    "closed_qa": "question answering from a text",
    "creative_writing": "creative writing",
    "general_qa": "general question answering",
    "information_extraction": "information extraction",
    "open_qa": "question answering from knowledge",
    "summarization": "summarisation",
}

TASK = Task(
    name="dolly",
    family="open instructions",
    source=Source(
        "databricks/databricks-dolly-15k",
        config="default",
        license="cc-by-sa-3.0",
        citation="""@online{DatabricksBlog2023DollyV2,
    author = {Mike Conover and Matt Hayes and Ankit Mathur and Jianwei Xie and Jun Wan and Sam Shah and Ali Ghodsi and Patrick Wendell and Matei Zaharia and Reynold Xin},
    title = {Free Dolly: Introducing the World's First Truly Open Instruction-Tuned LLM},
    year = {2023}, url = {https://www.databricks.com/blog/2023/04/12/dolly-first-open-commercially-viable-instruction-tuned-llm},
}""",
        limits=(
            "Contexts are taken from Wikipedia, with its errors and with bracketed citation numbers such as [42].",
            "The authors are employees of one company, not all of them native speakers; their facts were not checked.",
        ),
    ),
    splits={"train": "train"},
    slots={
        "context": optional("context", before="\nContext: ", after=" "),
        "passage": optional("context", before="\n\n"),
        "text_first": optional("context", before="Text: ", after="\n\n"),
        "background": optional("context", before="\n\nBackground:\n"),
        "kind": label("category", KINDS),
        "request": trimmed("instruction").spaced(),
        "response": replaced("response", pattern=r"(\S) {2,}", by=r"\1 "),
    },
    templates=(
        Template("seed", "Follow the instruction: {instruction} {context}\n[OUTPUT]: {response}"),
        Template("bare", "Instruction: {instruction}{passage}\n\n[OUTPUT]: {response}"),
        Template("text_first", "{text_first}{instruction}\n\nWrite your reply below.\n[OUTPUT]: {response}"),
        Template(
            "assistant",
            "You are a helpful assistant. Somebody writes to you, and you answer as well as you can.\n\nUser: {instruction}{passage}\n\n[OUTPUT]: {response}",
        ),
        Template("sections", "Task:\n{instruction}{background}\n\nResponse:\n[OUTPUT]: {response}"),
        Template("kind_given", "The following is a request of the kind called {kind}. Do what it asks.\n\n{instruction}{passage}\n\n[OUTPUT]: {response}"),
        Template("colleague", "A colleague left this note on your desk. What would you send back?\n\nNote: {instruction}{background}\n\n[OUTPUT]: {response}"),
        Template("well_informed", "How would a well-informed person respond?\n\n{text_first}Request: {instruction}\n\n[OUTPUT]: {response}"),
        Template("reply", "Reply to this.\n\n{instruction}{passage}\n\n[OUTPUT]: {response}"),
        Template(
            "help_page",
            "People send in whatever they would like to have explained, listed, sorted, summed up or made up, and a patient editor answers each of them in clear prose or in a plain list, whichever suits the matter. Be that editor for the next one.\n\nSent in: {instruction}{background}\n\n[OUTPUT]: {response}",
        ),
        Template(
            "guess_the_instruction",
            "An instruction led to this response. What may it have been?\n\nResponse: {response}{background}\n\n[OUTPUT]: {request}",
            inverted=True,
            drops={"fewer than four words": ~holds("response", pattern=r"\S\s+\S+\s+\S+\s+\S")},
        ),
    ),
)
