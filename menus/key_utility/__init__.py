"""The program KeyUtility: the words of the documents, on any machine, without an appliance and without delay."""
