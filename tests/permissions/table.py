"""Who gets what at every address of the app. `in`: sent to sign in, and back here afterwards."""

from dataclasses import dataclass

# The round is one of Detection: closed for results, open for closing, so that whoever may is answered with content.
# Nothing is sent with a POST, so `200` there is a form that says what is missing, and `302` a step that needs no more.
TABLE = """
                                   nobody outside member lead above o-member o-lead steward auditor facilitator
GET  today:home                    in     200     200    200  200   200      200    200     200     200
POST today:home                    405    405     405    405  405   405      405    405     405     405
GET  interface:well_known          200    200     200    200  200   200      200    200     200     200
POST interface:well_known          405    405     405    405  405   405      405    405     405     405
GET  interface:healthz             200    200     200    200  200   200      200    200     200     200
POST interface:healthz             405    405     405    405  405   405      405    405     405     405
GET  monitoring:ready              503    503     503    503  503   503      503    503     503     503
POST monitoring:ready              405    405     405    405  405   405      405    405     405     405
GET  account_login                 200    302     302    302  302   302      302    302     302     302
POST account_login                 200    302     302    302  302   302      302    302     302     302
GET  account_request_login_code    200    302     302    302  302   302      302    302     302     302
POST account_request_login_code    200    302     302    302  302   302      302    302     302     302
GET  account_confirm_login_code    302    302     302    302  302   302      302    302     302     302
POST account_confirm_login_code    302    302     302    302  302   302      302    302     302     302
GET  account_login_by_password     200    302     302    302  302   302      302    302     302     302
POST account_login_by_password     200    302     302    302  302   302      302    302     302     302
GET  account_logout                302    200     200    200  200   200      200    200     200     200
POST account_logout                302    302     302    302  302   302      302    302     302     302
GET  account_inactive              200    200     200    200  200   200      200    200     200     200
POST account_inactive              405    405     405    405  405   405      405    405     405     405
GET  account_set_password          in     200     200    200  200   200      200    200     200     200
POST account_set_password          in     200     200    200  200   200      200    200     200     200
GET  account_change_password       in     302     302    302  302   302      302    302     302     302
POST account_change_password       in     302     302    302  302   302      302    302     302     302
GET  account_signup                200    200     200    200  200   200      200    200     200     200
POST account_signup                405    405     405    405  405   405      405    405     405     405
GET  people:profile                in     200     200    200  200   200      200    200     200     200
POST people:profile                in     200     200    200  200   200      200    200     200     200
GET  account_login_by_passkey      405    405     405    405  405   405      405    405     405     405
POST account_login_by_passkey      302    302     302    302  302   302      302    302     302     302
GET  account_passkey_options       405    405     405    405  405   405      405    405     405     405
POST account_passkey_options       200    200     200    200  200   200      200    200     200     200
GET  mfa_authenticate              302    302     302    302  302   302      302    302     302     302
POST mfa_authenticate              302    302     302    302  302   302      302    302     302     302
GET  account_reauthenticate        in     302     302    302  302   302      302    302     302     302
POST account_reauthenticate        in     302     302    302  302   302      302    302     302     302
GET  account_reauthenticate_by_passkey 405 405    405    405  405   405      405    405     405     405
POST account_reauthenticate_by_passkey in 302     302    302  302   302      302    302     302     302
GET  account_password_forgotten    200    200     200    200  200   200      200    200     200     200
POST account_password_forgotten    200    200     200    200  200   200      200    200     200     200
GET  account_password_new          410    410     410    410  410   410      410    410     410     410
POST account_password_new          410    410     410    410  410   410      410    410     410     410
GET  account_address               410    410     410    410  410   410      410    410     410     410
POST account_address               410    410     410    410  410   410      410    410     410     410
GET  people:sessions               in     200     200    200  200   200      200    200     200     200
POST people:sessions               in     302     302    302  302   302      302    302     302     302
GET  people:second_factor          in     200     200    200  200   200      200    200     200     200
POST people:second_factor          405    405     405    405  405   405      405    405     405     405
GET  people:second_factor_needed   in     302     302    302  302   302      302    200     200     302
POST people:second_factor_needed   in     302     302    302  302   302      302    302     302     302
GET  people:app_add                in     200     200    200  200   200      200    200     200     200
POST people:app_add                in     200     200    200  200   200      200    200     200     200
GET  people:app_remove             in     302     302    302  302   302      302    302     302     302
POST people:app_remove             in     302     302    302  302   302      302    302     302     302
GET  people:recovery_codes         in     302     302    302  302   302      302    302     302     302
POST people:recovery_codes         in     302     302    302  302   302      302    302     302     302
GET  people:passkeys               in     200     200    200  200   200      200    200     200     200
POST people:passkeys               in     302     302    302  302   302      302    302     302     302
GET  people:passkey_options        405    405     405    405  405   405      405    405     405     405
POST people:passkey_options        in     200     200    200  200   200      200    200     200     200
GET  people:passkey                in     404     404    404  404   404      404    404     404     404
POST people:passkey                in     404     404    404  404   404      404    404     404     404
GET  people:demo_sign_in           405    405     405    405  405   405      405    405     405     405
POST people:demo_sign_in           404    404     404    404  404   404      404    404     404     404
GET  invitations:index             in     404     404    404  404   404      404    200     404     404
POST invitations:index             405    405     405    405  405   405      405    405     405     405
GET  invitations:send              in     404     404    404  404   404      404    200     404     404
POST invitations:send              in     404     404    404  404   404      404    302     404     404
GET  invitations:again             405    405     405    405  405   405      405    405     405     405
POST invitations:again             in     404     404    404  404   404      404    302     404     404
GET  invitations:stop              405    405     405    405  405   405      405    405     405     405
POST invitations:stop              in     404     404    404  404   404      404    302     404     404
GET  invitations:accept            410    410     410    410  410   410      410    410     410     410
POST invitations:accept            410    410     410    410  410   410      410    410     410     410
GET  openid_connect_login          405    405     405    405  405   405      405    405     405     405
POST openid_connect_login          404    404     404    404  404   404      404    404     404     404
GET  openid_connect_callback       404    404     404    404  404   404      404    404     404     404
POST openid_connect_callback       405    405     405    405  405   405      405    405     405     405
GET  rescue                        410    410     410    410  410   410      410    410     410     410
POST rescue                        410    410     410    410  410   410      410    410     410     410
GET  providers:index               in     404     404    404  404   404      404    200     404     404
POST providers:index               405    405     405    405  405   405      405    405     405     405
GET  providers:choose              in     404     404    404  404   404      404    200     404     404
POST providers:choose              405    405     405    405  405   405      405    405     405     405
GET  providers:add                 in     404     404    404  404   404      404    200     404     404
POST providers:add                 in     404     404    404  404   404      404    200     404     404
GET  providers:policy              in     404     404    404  404   404      404    302     404     404
POST providers:policy              in     404     404    404  404   404      404    302     404     404
GET  providers:detail              in     404     404    404  404   404      404    404     404     404
POST providers:detail              405    405     405    405  405   405      405    405     405     405
GET  providers:edit                in     404     404    404  404   404      404    404     404     404
POST providers:edit                in     404     404    404  404   404      404    404     404     404
GET  providers:check               405    405     405    405  405   405      405    405     405     405
POST providers:check               in     404     404    404  404   404      404    404     404     404
GET  providers:try                 405    405     405    405  405   405      405    405     405     405
POST providers:try                 in     404     404    404  404   404      404    404     404     404
GET  providers:switch              405    405     405    405  405   405      405    405     405     405
POST providers:switch              in     404     404    404  404   404      404    404     404     404
GET  providers:remove              in     404     404    404  404   404      404    404     404     404
POST providers:remove              in     404     404    404  404   404      404    404     404     404
GET  providers:groups              in     404     404    404  404   404      404    404     404     404
POST providers:groups              in     404     404    404  404   404      404    404     404     404
GET  providers:remove_rule         405    405     405    405  405   405      405    405     405     405
POST providers:remove_rule         in     404     404    404  404   404      404    404     404     404
GET  providers:forget              405    405     405    405  405   405      405    405     405     405
POST providers:forget              in     404     404    404  404   404      404    404     404     404
GET  organisation:people           in     200     200    200  200   200      200    200     200     200
POST organisation:people           405    405     405    405  405   405      405    405     405     405
GET  organisation:people_below     in     404     200    200  200   200      200    200     200     200
POST organisation:people_below     405    405     405    405  405   405      405    405     405     405
GET  organisation:import_preview   in     404     404    404  404   404      404    200     404     404
POST organisation:import_preview   in     404     404    404  404   404      404    200     404     404
GET  organisation:people_file      in     404     404    404  404   404      404    200     404     404
POST organisation:people_file      405    405     405    405  405   405      405    405     405     405
GET  organisation:people_file_progress in 404     404    404  404   404      404    200     404     404
POST organisation:people_file_progress 405 405    405    405  405   405      405    405     405     405
GET  organisation:people_file_yes  405    405     405    405  405   405      405    405     405     405
POST organisation:people_file_yes  in     404     404    404  404   404      404    302     404     404
GET  organisation:people_file_cancel 405  405     405    405  405   405      405    405     405     405
POST organisation:people_file_cancel in   404     404    404  404   404      404    302     404     404
GET  organisation:people_file_bad_rows in 404     404    404  404   404      404    200     404     404
POST organisation:people_file_bad_rows 405 405    405    405  405   405      405    405     405     405
GET  organisation:add_person       in     404     404    404  404   404      404    200     404     404
POST organisation:add_person       in     404     404    404  404   404      404    422     404     404
GET  organisation:person           in     404     404    404  404   404      404    200     404     404
POST organisation:person           405    405     405    405  405   405      405    405     405     405
GET  organisation:edit_person      in     404     404    404  404   404      404    200     404     404
POST organisation:edit_person      in     404     404    404  404   404      404    422     404     404
GET  organisation:keep_address     405    405     405    405  405   405      405    405     405     405
POST organisation:keep_address     in     404     404    404  404   404      404    302     404     404
GET  organisation:place_person     in     404     404    404  404   404      404    200     404     404
POST organisation:place_person     in     404     404    404  404   404      404    422     404     404
GET  organisation:last_day         in     404     404    404  404   404      404    200     404     404
POST organisation:last_day         in     404     404    404  404   404      404    302     404     404
GET  organisation:cancel_planned   in     404     404    404  404   404      404    404     404     404
POST organisation:cancel_planned   in     404     404    404  404   404      404    404     404     404
GET  organisation:duties           in     404     404    404  404   404      404    200     404     404
POST organisation:duties           in     404     404    404  404   404      404    302     404     404
GET  organisation:deactivate       in     404     404    404  404   404      404    200     404     404
POST organisation:deactivate       in     404     404    404  404   404      404    302     404     404
GET  organisation:reactivate       405    405     405    405  405   405      405    405     405     405
POST organisation:reactivate       in     404     404    404  404   404      404    302     404     404
GET  organisation:invite           405    405     405    405  405   405      405    405     405     405
POST organisation:invite           in     404     404    404  404   404      404    302     404     404
GET  organisation:teams            in     404     404    404  404   404      404    200     404     404
POST organisation:teams            405    405     405    405  405   405      405    405     405     405
GET  organisation:team             in     404     404    404  404   404      404    200     404     404
POST organisation:team             405    405     405    405  405   405      405    405     405     405
GET  organisation:add_team         in     404     404    404  404   404      404    200     404     404
POST organisation:add_team         in     404     404    404  404   404      404    422     404     404
GET  organisation:rename_team      in     404     404    404  404   404      404    200     404     404
POST organisation:rename_team      in     404     404    404  404   404      404    422     404     404
GET  organisation:move_team        in     404     404    404  404   404      404    200     404     404
POST organisation:move_team        in     404     404    404  404   404      404    422     404     404
GET  organisation:retire_team      in     404     404    404  404   404      404    200     404     404
POST organisation:retire_team      in     404     404    404  404   404      404    200     404     404
GET  organisation:revive_team      405    405     405    405  405   405      405    405     405     405
POST organisation:revive_team      in     404     404    404  404   404      404    302     404     404
GET  audit:changes                 in     200     200    200  200   200      200    200     200     200
POST audit:changes                 405    405     405    405  405   405      405    405     405     405
GET  configuration:index           in     404     404    404  404   404      404    200     404     404
POST configuration:index           405    405     405    405  405   405      405    405     405     405
GET  configuration:section         in     404     404    404  404   404      404    200     404     404
POST configuration:section         in     404     404    404  404   404      404    200     404     404
GET  configuration:check           405    405     405    405  405   405      405    405     405     405
POST configuration:check           in     404     404    404  404   404      404    200     404     404
GET  notifications:outbox          404    404     404    404  404   404      404    404     404     404
POST notifications:outbox          405    405     405    405  405   405      405    405     405     405
GET  issuance:slips                405    405     405    405  405   405      405    405     405     405
POST issuance:slips                401    415     415    415  415   415      415    415     415     415
GET  issuance:offer                401    200     200    200  200   200      200    200     200     200
POST issuance:offer                405    405     405    405  405   405      405    405     405     405
GET  instruments:index             in     200     200    200  200   200      200    200     200     200
POST instruments:index             405    405     405    405  405   405      405    405     405     405
GET  instruments:add               in     404     404    404  404   404      404    200     404     404
POST instruments:add               in     404     404    404  404   404      404    422     404     404
GET  instruments:offer             405    405     405    405  405   405      405    405     405     405
POST instruments:offer             in     404     404    404  404   404      404    302     404     404
GET  instruments:detail            in     200     200    200  200   200      200    200     200     200
POST instruments:detail            405    405     405    405  405   405      405    405     405     405
GET  instruments:rights            in     404     404    404  404   404      404    200     404     404
POST instruments:rights            in     404     404    404  404   404      404    302     404     404
GET  rounds:index                  in     200     200    200  200   200      200    200     200     200
POST rounds:index                  405    405     405    405  405   405      405    405     405     405
GET  rounds:new                    in     404     404    200  200   404      200    404     404     404
POST rounds:new                    in     404     404    200  200   404      200    404     404     404
GET  rounds:detail                 in     404     200    200  200   404      404    200     200     404
POST rounds:detail                 405    405     405    405  405   405      405    405     405     405
GET  rounds:renew                  in     404     404    302  302   404      404    404     404     404
POST rounds:renew                  in     404     404    302  302   404      404    404     404     404
GET  closing:close                 in     404     404    200  200   404      404    404     404     404
POST closing:close                 in     404     404    302  302   404      404    404     404     404
GET  results:index                 in     200     200    200  200   200      200    200     200     200
POST results:index                 405    405     405    405  405   405      405    405     405     405
GET  results:report                in     404     200    200  404   404      404    404     404     404
POST results:report                405    405     405    405  405   405      405    405     405     405
GET  results:receipt               in     404     200    200  404   404      404    404     404     404
POST results:receipt               405    405     405    405  405   405      405    405     405     405
GET  results:unit_json             in     404     200    200  404   404      404    404     404     404
POST results:unit_json             405    405     405    405  405   405      405    405     405     405
GET  results:groups                in     404     200    200  200   200      200    200     200     404
POST results:groups                405    405     405    405  405   405      405    405     405     405
GET  results:group                 in     404     200    200  200   200      200    200     200     404
POST results:group                 405    405     405    405  405   405      405    405     405     405
GET  verify:index                  200    200     200    200  200   200      200    200     200     200
POST verify:index                  405    405     405    405  405   405      405    405     405     405
GET  verify:about_me               in     200     200    200  200   200      200    200     200     200
POST verify:about_me               405    405     405    405  405   405      405    405     405     405
GET  privacy:notice                200    200     200    200  200   200      200    200     200     200
POST privacy:notice                405    405     405    405  405   405      405    405     405     405
GET  privacy:ask                   in     200     200    200  200   200      200    200     200     200
POST privacy:ask                   in     302     302    302  302   302      302    302     302     302
GET  privacy:requests              in     404     404    404  404   404      404    200     404     404
POST privacy:requests              405    405     405    405  405   405      405    405     405     405
GET  privacy:erase                 in     404     404    404  404   404      404    200     404     404
POST privacy:erase                 in     404     404    404  404   404      404    302     404     404
GET  verify:about_me_text          in     200     200    200  200   200      200    200     200     200
POST verify:about_me_text          405    405     405    405  405   405      405    405     405     405
GET  verify:about_me_json          in     200     200    200  200   200      200    200     200     200
POST verify:about_me_json          405    405     405    405  405   405      405    405     405     405
GET  setup:index                   404    404     404    404  404   404      404    404     404     404
POST setup:index                   404    404     404    404  404   404      404    404     404     404
GET  setup:step                    404    404     404    404  404   404      404    404     404     404
POST setup:step                    404    404     404    404  404   404      404    404     404     404
GET  setup:arrive                  410    410     410    410  410   410      410    410     410     410
POST setup:arrive                  410    410     410    410  410   410      410    410     410     410
GET  setup:next                    in     404     404    404  404   404      404    200     404     404
POST setup:next                    405    405     405    405  405   405      405    405     405     405
"""


@dataclass(frozen=True, slots=True)
class Row:
    method: str
    name: str
    expected: tuple[str, ...]


def read(table: str = TABLE) -> list[Row]:
    """The rows below the heading; what is expected stands in the order of `lived_in.ROLES`."""
    rows = []
    for line in table.strip().splitlines()[1:]:
        method, name, *expected = line.split()
        rows.append(Row(method, name, tuple(expected)))
    return rows
