/// The texts of failures: frames and last lines as Odoo and its modules print them, without the
/// header line.
enum Tracebacks {
  static let header = "Traceback (most recent call last):"
  private static let odoo = "/usr/lib/python3/dist-packages/odoo"
  private static let addons = "/mnt/extra-addons"

  /// The frames below a request, with the marks that Python 3.11 sets.
  static let request = """
      File "\(odoo)/http.py", line 2363, in __call__
        response = request._serve_db()
                   ^^^^^^^^^^^^^^^^^^^
      File "\(odoo)/http.py", line 1891, in _serve_db
        return service_model.retrying(serve_func, env=self.env)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    """

  private static let job = """
      File "/mnt/oca/queue/queue_job/controllers/main.py", line 165, in _runjob
        cls._try_perform_job(env, job)
      File "/mnt/oca/queue/queue_job/job.py", line 503, in perform
        self.result = self.func(*tuple(self.args), **self.kwargs)

    """

  static let runnerRequest = """
      File "/mnt/oca/queue/queue_job/jobrunner/runner.py", line 210, in urlopen
        response.raise_for_status()

    """

  static func missingProduct(_ text: String) -> String {
    job + """
        File "\(addons)/freight_shop/models/backend.py", line 88, in import_order
          raise ValidationError(_("No product found for SKU %s", sku))
      odoo.exceptions.ValidationError: \(text)
      """
  }

  static func importKeyError(_ key: String) -> String {
    job + """
        File "\(addons)/freight_shop/models/backend.py", line 68, in import_order
          order._create_from_payload(payload)
      KeyError: '\(key)'
      """
  }

  static let forbiddenCommit =
    job + """
        File "\(addons)/freight_shop/models/backend.py", line 68, in import_order
          order._create_from_payload(payload)
        File "/mnt/oca/queue/queue_job/controllers/main.py", line 38, in forbidden_commit
          raise RuntimeError(
      RuntimeError: Commit is forbidden in queue jobs. \
      You may want to enable the "Allow Commit" option on the Job Function.
      """

  static func cronFailure(error: String, text: String) -> String {
    """
      File "\(odoo)/addons/base/models/ir_cron.py", line 570, in _callback
        self.env['ir.actions.server'].browse(server_action_id).run()
    ValueError: <class '\(error)'>: "\(text)" while evaluating
    'model._cron_update_delivery_states()'
    """
  }

  private static let validate = """
      File "\(addons)/freight_wms/models/stock_picking.py", line 211, in button_validate
        self._freight_push_asn()

    """

  static let validateKeyError = request + validate + "KeyError: 'carrier_service_code'"

  static let validateAttributeError =
    request + validate
    + "AttributeError: 'stock.move' object has no attribute 'quantity_done'. "
    + "Did you mean: 'quantity_doc'?"

  /// Psycopg's text of an undefined column, as the last line of the chain and of `bad query`.
  static let undefinedColumn = """
    column stock_picking.x_carrier_slot does not exist
    LINE 1: ...ing"."id", "stock_picking"."name", "stock_pick...
                                                  ^

    """

  static let validateUndefinedColumn =
    request + validate + """
        File "\(odoo)/fields.py", line 1165, in __get__
          value = env.cache.get(record, self)
      odoo.exceptions.CacheMiss: 'stock.picking(81,).x_carrier_slot'

      During handling of the above exception, another exception occurred:

      Traceback (most recent call last):
        File "\(odoo)/sql_db.py", line 357, in execute
          res = self._obj.execute(query, params)
      psycopg2.errors.UndefinedColumn: \(undefinedColumn)
      """

  static func missingFile(_ path: String) -> String {
    """
      File "\(odoo)/addons/base/models/ir_attachment.py", line 116, in _file_read
        with open(full_path, 'rb') as f:
    FileNotFoundError: [Errno 2] No such file or directory: '\(path)'
    """
  }

  static let mailFailure = """
      File "\(odoo)/addons/mail/models/mail_mail.py", line 760, in _send
        res = IrMailServer.send_email(
    smtplib.SMTPServerDisconnected: Connection unexpectedly closed
    """
}
